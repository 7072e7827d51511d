// A Kubernetes control plane for tests in one binary: its first argument says which of its three servers to be.
//
// With KUBERNETES_FOR_TESTS_STDIN=watch it ends when its stdin does, and so never outlives whoever started it, however that ends.
//
//	kubernetes-for-tests etcd | kube-apiserver | kube-controller-manager [the server's own flags]
package main

import (
	"fmt"
	"io"
	"os"

	"go.etcd.io/etcd/server/v3/etcdmain"
	"k8s.io/component-base/cli"
	// Both register Prometheus metrics and JSON logs, as the servers' own main packages do.
	_ "k8s.io/component-base/logs/json/register"
	_ "k8s.io/component-base/metrics/prometheus/clientgo"
	_ "k8s.io/component-base/metrics/prometheus/version"
	apiserver "k8s.io/kubernetes/cmd/kube-apiserver/app"
	controllers "k8s.io/kubernetes/cmd/kube-controller-manager/app"
)

func main() {
	name := ""
	if len(os.Args) > 1 {
		name = os.Args[1]
		os.Args = append([]string{name}, os.Args[2:]...)
	}
	if os.Getenv("KUBERNETES_FOR_TESTS_STDIN") == "watch" {
		go func() {
			_, _ = io.Copy(io.Discard, os.Stdin)
			os.Exit(1)
		}()
	}
	switch name {
	case "etcd":
		etcdmain.Main(os.Args)
	case "kube-apiserver":
		os.Exit(cli.Run(apiserver.NewAPIServerCommand()))
	case "kube-controller-manager":
		os.Exit(cli.Run(controllers.NewControllerManagerCommand()))
	default:
		fmt.Fprintln(os.Stderr, "usage: kubernetes-for-tests etcd | kube-apiserver | kube-controller-manager [flags]")
		os.Exit(2)
	}
}

# The executable alone, in an image without a shell. It needs glibc, so this is no image from scratch.
#   npm run executables -- --target linux-x64
#   docker build --build-arg TARGET=linux-x64 --tag sts .
FROM gcr.io/distroless/base-debian12:nonroot
ARG TARGET=linux-x64
COPY --chmod=0755 executable/${TARGET}/sts /usr/local/bin/sts
COPY --chmod=0644 executable/${TARGET}/LICENCES.txt /usr/share/doc/sts/LICENCES.txt
WORKDIR /home/nonroot
USER 65532:65532
ENTRYPOINT ["/usr/local/bin/sts"]

/** The most things that are done at a time, whatever is asked for: a fleet's servers and this machine shall notice nothing. */
export const mostAtOnce = 8;

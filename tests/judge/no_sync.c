// For the judge's negative control: a program that believes it made bytes durable. Loaded by LD_PRELOAD.
int fdatasync(int file) {
  (void)file;
  return 0;
}
int fsync(int file) {
  (void)file;
  return 0;
}

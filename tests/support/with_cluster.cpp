// with_cluster COMMAND [ARGUMENT…]: runs the command with a PostgreSQL for tests, and removes that afterwards.
//
// So that all test programs of a run share one cluster. The exit status is the command's.
#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <exception>
#include <sys/wait.h>
#include <unistd.h>

#include "tests/support/pg_cluster.hpp"

int main(int argc, char** argv) {
  if (argc < 2) {
    std::fputs("usage: with_cluster COMMAND [ARGUMENT...]\n", stderr);
    return 2;
  }
  try {
    backtrail::testing::TestCluster cluster;
    setenv(backtrail::testing::kTestClusterVariable, cluster->socket_directory().c_str(), 1);
    // Ctrl-C reaches the command too; we stay to clean up after it.
    std::signal(SIGINT, SIG_IGN);
    const pid_t child = fork();
    if (child == 0) {
      std::signal(SIGINT, SIG_DFL);
      execvp(argv[1], argv + 1);
      std::perror(argv[1]);
      _exit(127);
    }
    int status = 0;
    if (child < 0 || waitpid(child, &status, 0) != child) return 126;
    return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
  } catch (const std::exception& error) {
    std::fprintf(stderr, "with_cluster: %s\n", error.what());
    return 126;
  }
}

// The program: everything is in server/cli.
#include "server/cli/command_line.h"

int main(int argc, char** argv) { return server::cli::run(argc, argv); }

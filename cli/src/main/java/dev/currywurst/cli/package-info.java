/**
 * The command line: one class a command, each of which reads options, calls the library and prints.
 *
 * <p>In come arguments; out come files, text and an exit code: 0 for success, 1 for a failure told
 * in one sentence, 2 for a wrong command line. Read {@link dev.currywurst.cli.Main} first.
 */
@NullMarked
package dev.currywurst.cli;

import org.jspecify.annotations.NullMarked;

package dev.currywurst.cli;

import dev.currywurst.tensor.Engine;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;

/** A command that was run in this JVM, as a user would see it. */
record Run(int exitCode, String out, String err) {
  /**
   * Runs a command.
   *
   * @param arguments words; those that begin with a hyphen may be several, with blanks between
   */
  static Run of(Object... arguments) {
    // A second thread gains nothing on networks this small, and loses much on a busy machine.
    Engine.setThreads(1);
    StringWriter out = new StringWriter();
    StringWriter err = new StringWriter();
    int exitCode =
        Main.run(new PrintWriter(out, true), new PrintWriter(err, true), words(arguments));
    return new Run(exitCode, out.toString(), err.toString());
  }

  static String[] words(Object... arguments) {
    return Stream.of(arguments)
        .map(Object::toString)
        .flatMap(word -> word.startsWith("-") ? Stream.of(word.split(" ", -1)) : Stream.of(word))
        .toArray(String[]::new);
  }

  /** The same with more words at the end. */
  static Run of(List<?> arguments, Object... more) {
    List<Object> all = new ArrayList<>(arguments);
    all.addAll(List.of(more));
    return of(all.toArray());
  }

  /** What was printed, line by line: the files that were written. */
  List<Path> files() {
    return out.lines().map(Path::of).toList();
  }
}

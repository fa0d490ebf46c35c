package dev.currywurst.weights;

import dev.currywurst.tensor.CurrywurstException;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.AccessDeniedException;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.Optional;

/** The sentences in which this package says no to a file. */
final class Refusal {
  private Refusal() {}

  static CurrywurstException of(Path file, String problem) {
    return new CurrywurstException(sentence(file, problem));
  }

  static CurrywurstException of(Path file, String problem, Throwable cause) {
    return new CurrywurstException(sentence(file, problem), cause);
  }

  static CurrywurstException io(Path file, IOException e) {
    String problem;
    if (e instanceof NoSuchFileException) {
      problem = "there is no such file";
    } else if (e instanceof AccessDeniedException) {
      problem = "the permission to read it is missing";
    } else {
      problem = Printable.plain(e.getMessage() == null ? e.toString() : e.getMessage());
    }
    return of(file, problem, e);
  }

  static CurrywurstException noTensor(Path file, String name) {
    return new CurrywurstException(
        file + " has no tensor " + Printable.quoted(name) + "; it is not the model's file.");
  }

  static CurrywurstException tooLarge(Path file, WeightFile.Entry entry) {
    return of(
        file,
        "tensor "
            + Printable.quoted(entry.name())
            + " has "
            + entry.bytes()
            + " bytes, and a single tensor can have at most "
            + MappedRanges.LONGEST);
  }

  /** What {@code head}, the first bytes of a file, shows it to be, if it is often mistaken so. */
  static Optional<String> mistaken(ByteBuffer head) {
    String start = StandardCharsets.ISO_8859_1.decode(head.duplicate().rewind()).toString();
    if (start.startsWith("version ")) {
      return Optional.of(
          "it looks like a Git LFS pointer, not the weights themselves; fetch them with git lfs"
              + " pull");
    }
    if (start.startsWith("<")) {
      return Optional.of(
          "it looks like a web page, not weights; fetch it again from its download address");
    }
    return Optional.empty();
  }

  private static String sentence(Path file, String problem) {
    return "Cannot read " + file + ": " + problem + ".";
  }
}

package dev.currywurst.train.data;

import dev.currywurst.tensor.CurrywurstException;
import java.io.IOException;
import java.nio.charset.CharacterCodingException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;

/** Captions in texts of their own: each line is one. */
public final class Captions {
  private Captions() {}

  /** The captions in a text. */
  public static List<String> of(String text) {
    return of(Metadata.withoutMark(text.lines().toList()).toList());
  }

  private static List<String> of(List<String> lines) {
    return lines.stream().map(String::strip).filter(line -> !line.isEmpty()).toList();
  }

  /** The captions in the {@code .txt} beside a picture. */
  static List<String> beside(Path picture) throws IOException {
    String name = picture.getFileName().toString();
    Path text = picture.resolveSibling(name.substring(0, name.lastIndexOf('.')) + ".txt");
    return Files.isRegularFile(text) ? of(lines(text)) : List.of();
  }

  static List<String> lines(Path file) throws IOException {
    try {
      return Metadata.withoutMark(Files.readAllLines(file)).toList();
    } catch (CharacterCodingException e) {
      throw new CurrywurstException(file + " is not UTF-8 text: save it as UTF-8.", e);
    }
  }
}

package dev.currywurst.train.data;

import dev.currywurst.tensor.CurrywurstException;
import java.io.BufferedInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
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
      throw undecodable(file, e);
    }
  }

  /** Says in which line the first character is that makes no sense. */
  public static CurrywurstException undecodable(Path file, CharacterCodingException e) {
    int line = 1;
    try (InputStream bytes = new BufferedInputStream(Files.newInputStream(file))) {
      ByteArrayOutputStream current = new ByteArrayOutputStream();
      for (int value = bytes.read(); value >= 0; value = bytes.read()) {
        if (value != '\n') {
          current.write(value);
        } else if (isText(current.toByteArray())) {
          current.reset();
          line++;
        } else {
          break;
        }
      }
    } catch (IOException gone) {
      line = 1;
    }
    return new CurrywurstException(
        file + ", line " + line + " is not UTF-8 text: save it as UTF-8.", e);
  }

  private static boolean isText(byte[] bytes) {
    try {
      StandardCharsets.UTF_8.newDecoder().decode(ByteBuffer.wrap(bytes));
      return true;
    } catch (CharacterCodingException e) {
      return false;
    }
  }
}

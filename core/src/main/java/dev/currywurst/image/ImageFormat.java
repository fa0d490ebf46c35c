package dev.currywurst.image;

import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.Optional;

/** The file formats that are read, told apart by their first bytes and never by the name. */
public enum ImageFormat {
  PNG("png"),
  JPEG("jpeg"),
  GIF("gif"),
  BMP("bmp"),
  WEBP("webp");

  /** The name under which ImageIO's plugins are registered. */
  private final String readerName;

  ImageFormat(String readerName) {
    this.readerName = readerName;
  }

  String readerName() {
    return readerName;
  }

  /** The format of a file with these first bytes, of which 16 are enough. */
  public static Optional<ImageFormat> sniff(byte[] file) {
    String start = new String(file, 0, Math.min(file.length, 16), StandardCharsets.ISO_8859_1);
    return Arrays.stream(values()).filter(format -> format.starts(start)).findFirst();
  }

  private boolean starts(String start) {
    return switch (this) {
      case PNG -> start.startsWith("\u0089PNG\r\n\u001a\n");
      case JPEG -> start.startsWith("\u00ff\u00d8\u00ff");
      case GIF -> start.startsWith("GIF87a") || start.startsWith("GIF89a");
      case BMP -> start.startsWith("BM");
      case WEBP -> start.startsWith("RIFF") && start.startsWith("WEBPVP8", 8);
    };
  }
}

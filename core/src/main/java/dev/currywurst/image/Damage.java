package dev.currywurst.image;

import java.io.EOFException;
import java.io.IOException;
import java.util.Locale;
import javax.imageio.ImageReader;
import javax.imageio.event.IIOReadWarningListener;
import org.jspecify.annotations.Nullable;

/**
 * Listens for the warnings with which the readers pass over picture data that is missing, broken or
 * beyond them and fill the rest with gray or opaque. Warnings about anything else are left alone.
 */
final class Damage implements IIOReadWarningListener {
  private @Nullable IOException found;

  @Override
  public void warningOccurred(ImageReader source, String warning) {
    String text = warning.toLowerCase(Locale.ROOT);
    if (text.contains("eoi") || text.contains("truncated") || text.contains("premature end")) {
      found = new EOFException(warning);
    } else if (text.contains("not implemented") || text.contains("unknown webp alpha")) {
      found = new IOException(warning);
    } else if (text.contains("corrupt") && !text.contains("extraneous")) {
      found = new IOException(warning);
    }
  }

  void rethrow() throws IOException {
    if (found != null) {
      throw found;
    }
  }
}

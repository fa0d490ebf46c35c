package dev.currywurst.image;

import java.io.EOFException;
import java.io.IOException;
import java.util.Locale;
import javax.imageio.ImageReader;
import javax.imageio.event.IIOReadWarningListener;
import org.jspecify.annotations.Nullable;

/**
 * Listens for the warnings with which the JPEG reader passes over missing or broken picture data
 * and fills the rest with gray. Warnings about anything else are left alone.
 */
final class Damage implements IIOReadWarningListener {
  private @Nullable IOException found;

  @Override
  public void warningOccurred(ImageReader source, String warning) {
    String text = warning.toLowerCase(Locale.ROOT);
    if (text.contains("eoi") || text.contains("truncated")) {
      found = new EOFException(warning);
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

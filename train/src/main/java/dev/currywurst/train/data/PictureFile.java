package dev.currywurst.train.data;

import dev.currywurst.tensor.CurrywurstException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;

/** A picture in a file of its own. */
record PictureFile(Path file) implements PictureBytes {
  @Override
  public String name() {
    return file.toString();
  }

  @Override
  public byte[] read() {
    try {
      long size = Files.size(file);
      if (size > MOST_BYTES) {
        throw new CurrywurstException(
            "%s has %d bytes, more than any picture that is read here; make it smaller."
                .formatted(file, size));
      }
      return Files.readAllBytes(file);
    } catch (NoSuchFileException e) {
      throw new CurrywurstException(file + " does not exist.", e);
    } catch (IOException e) {
      throw new CurrywurstException(file + " cannot be read: " + e.getMessage() + ".", e);
    }
  }

  @Override
  public boolean isWholeFile() {
    return true;
  }
}

package dev.currywurst.train;

import dev.currywurst.weights.AtomicFile;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;

/**
 * A disk that has room for so many checkpoints and not for another one.
 *
 * @param room 0 for none at all
 */
record SmallDisk(int room) implements Disk {
  @Override
  public long free(Path folder) throws IOException {
    long there = REAL.list(folder).stream().filter(SmallDisk::isCheckpoint).count();
    return there < room ? Long.MAX_VALUE / 2 : 0;
  }

  private static boolean isCheckpoint(Path path) {
    return String.valueOf(path.getFileName()).matches("step-\\d+");
  }

  @Override
  public void createFolder(Path folder) throws IOException {
    REAL.createFolder(folder);
  }

  @Override
  public void write(Path file, AtomicFile.Content content) throws IOException {
    REAL.write(file, content);
  }

  @Override
  public void force(Path path) throws IOException {
    REAL.force(path);
  }

  @Override
  public void move(Path from, Path to) throws IOException {
    REAL.move(from, to);
  }

  @Override
  public void delete(Path path) throws IOException {
    REAL.delete(path);
  }

  @Override
  public List<Path> list(Path folder) throws IOException {
    return REAL.list(folder);
  }
}

package dev.currywurst.train.source;

import dev.currywurst.tensor.CurrywurstException;
import dev.currywurst.train.data.ImageFolder;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.InvalidPathException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;

/** What to make of a folder: pictures, archives, or a folder within it to train on. */
final class FolderSearch {
  private static final String TRAIN = "train";
  private static final List<String> OTHER_SPLITS =
      List.of("test", "validation", "valid", "val", "dev", "eval");

  private FolderSearch() {}

  /** A name as a path. */
  static Path path(String source) {
    try {
      return Path.of(source);
    } catch (InvalidPathException e) {
      throw new CurrywurstException(source + " is not a file name here.", e);
    }
  }

  /** Finds what a folder holds, and adds to the notices what it passes over. */
  static Location search(String source, Path folder, Path cache, List<String> notices) {
    if (!ImageFolder.hasMetadata(folder)) {
      List<Path> parquet = archives(folder, ".parquet");
      if (!parquet.isEmpty()) {
        return new Location.Archives(source, training(parquet, notices), cache, notices);
      }
      List<Path> tars = archives(folder, ".tar");
      if (!tars.isEmpty()) {
        return new Location.Archives(source, training(tars, notices), cache, notices);
      }
      List<String> others =
          OTHER_SPLITS.stream().filter(name -> Files.isDirectory(folder.resolve(name))).toList();
      Path train = folder.resolve(TRAIN);
      if (Files.isDirectory(train) && (!others.isEmpty() || ImageFolder.hasMetadata(train))) {
        if (!others.isEmpty()) {
          notices.add(
              "%s: trains on %s; %s is left out."
                  .formatted(folder, TRAIN, String.join(", ", others)));
        }
        return search(source, train, cache, notices);
      }
    }
    return new Location.Folder(source, folder, notices);
  }

  /** Archives that lie in a folder or, as on the hub, in its {@code data}. */
  private static List<Path> archives(Path folder, String ending) {
    List<Path> found = new ArrayList<>();
    for (Path place : List.of(folder, folder.resolve("data"))) {
      if (found.isEmpty() && Files.isDirectory(place)) {
        try (Stream<Path> files = Files.list(place)) {
          files
              .filter(file -> file.toString().endsWith(ending) && Files.isRegularFile(file))
              .filter(file -> !String.valueOf(file.getFileName()).startsWith("."))
              .sorted()
              .forEach(found::add);
        } catch (IOException e) {
          throw new CurrywurstException(place + " cannot be read: " + e.getMessage() + ".", e);
        }
      }
    }
    return found;
  }

  /** Where files are named by their split, those to train on. */
  private static List<Path> training(List<Path> files, List<String> notices) {
    List<Path> train = files.stream().filter(file -> isSplit(file, List.of(TRAIN))).toList();
    List<Path> others = files.stream().filter(file -> isSplit(file, OTHER_SPLITS)).toList();
    if (train.isEmpty() || others.isEmpty()) {
      return files;
    }
    notices.add(
        "Trains on %d files named %s; %d others are left out, %s first."
            .formatted(train.size(), TRAIN, others.size(), others.get(0).getFileName()));
    return train;
  }

  private static boolean isSplit(Path file, List<String> names) {
    String start = String.valueOf(file.getFileName()).split("[-_.]", 2)[0];
    return names.contains(start);
  }
}

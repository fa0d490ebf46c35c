package dev.currywurst.train.source;

import dev.currywurst.tensor.CurrywurstException;
import dev.currywurst.train.data.ImageFolder;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.InvalidPathException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
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
      for (String kind : List.of(".parquet", ".tar")) {
        List<Path> archives = archives(folder, kind);
        if (!archives.isEmpty()) {
          passedOver(folder, archives).ifPresent(notices::add);
          return new Location.Archives(source, training(archives, notices), cache, notices);
        }
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

  /** Pictures beside archives, such as those that were unpacked from them. */
  private static Optional<String> passedOver(Path folder, List<Path> archives) {
    try (Stream<Path> files = Files.list(folder)) {
      return files
          .filter(file -> ImageFolder.isPicture(file.toString()))
          .findFirst()
          .map(
              picture ->
                  "%s: reads %s; pictures beside it, such as %s, are left out."
                      .formatted(folder, archives.get(0).getFileName(), picture.getFileName()));
    } catch (IOException e) {
      throw new CurrywurstException(folder + " cannot be read: " + e.getMessage() + ".", e);
    }
  }

  /**
   * Archives that lie in a folder or, as on the hub, in its {@code data}. A table beside a tar or a
   * folder of its name has what img2dataset tells of the pictures in that, and no pictures.
   */
  private static List<Path> archives(Path folder, String ending) {
    List<Path> found = new ArrayList<>();
    for (Path place : List.of(folder, folder.resolve("data"))) {
      if (found.isEmpty() && Files.isDirectory(place)) {
        try (Stream<Path> files = Files.list(place)) {
          files
              .filter(file -> file.toString().endsWith(ending) && Files.isRegularFile(file))
              .filter(file -> ending.equals(".tar") || !tellsOfAnother(file))
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

  private static boolean tellsOfAnother(Path table) {
    String stem = String.valueOf(table.getFileName()).replaceFirst("\\.parquet$", "");
    return Files.exists(table.resolveSibling(stem + ".tar"))
        || Files.isDirectory(table.resolveSibling(stem));
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

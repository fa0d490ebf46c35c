package dev.currywurst.cli;

import dev.currywurst.image.ImageDecoder;
import dev.currywurst.train.dataset.Inventory;
import dev.currywurst.train.dataset.Survey;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** The folder of a dataset command, and how it is read. */
final class DatasetOptions {
  /** A moving bar has no use for more. */
  private static final int REPORTS = 200;

  @Parameters(
      paramLabel = "DIR",
      description =
          "Folder of pictures: with a metadata.jsonl, or with a .txt of the same name beside each.")
  private Path folder = Path.of("");

  @Option(
      names = "--image-column",
      paramLabel = "NAME",
      defaultValue = "file_name",
      description = "Key of a picture's name in metadata.jsonl. Default: ${DEFAULT-VALUE}")
  private String imageColumn = "";

  @Option(
      names = "--caption-column",
      paramLabel = "NAME",
      defaultValue = "text",
      description = "Key of its caption or captions. Default: ${DEFAULT-VALUE}")
  private String captionColumn = "";

  String imageColumn() {
    return imageColumn;
  }

  String captionColumn() {
    return captionColumn;
  }

  Path folder() {
    return folder;
  }

  ImageDecoder decoder() {
    return ImageDecoder.DEFAULT;
  }

  Inventory inventory() {
    return Inventory.of(folder, imageColumn, captionColumn);
  }

  /** Opens all pictures. */
  Survey survey(Progress progress) {
    Inventory inventory = inventory();
    return Survey.of(
        inventory, decoder(), counting(progress, "Pictures", inventory.entries().size()));
  }

  /** Tells about one in so many pictures; safe for several threads. */
  static java.util.function.IntConsumer counting(Progress progress, String task, int total) {
    long begin = System.nanoTime();
    int every = Math.max(1, total / REPORTS);
    return done -> {
      if (done % every == 0 || done == total) {
        synchronized (progress) {
          long elapsed = System.nanoTime() - begin;
          Duration remaining = Duration.ofNanos((long) ((double) elapsed / done * (total - done)));
          progress.at(task, done, total, Progress.Unit.STEPS, remaining, List.of());
        }
      }
    };
  }
}

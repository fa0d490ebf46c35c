package dev.currywurst.cli;

import dev.currywurst.image.ImageDecoder;
import dev.currywurst.tensor.CurrywurstException;
import dev.currywurst.train.dataset.Inventory;
import dev.currywurst.train.dataset.Survey;
import dev.currywurst.train.source.Columns;
import dev.currywurst.train.source.Dataset;
import dev.currywurst.train.source.Location;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** The set of a dataset command, and how it is read. */
final class DatasetOptions {
  /** A moving bar has no use for more. */
  private static final int REPORTS = 200;

  @Spec(Spec.Target.MIXEE)
  private CommandSpec command = CommandSpec.create();

  @Parameters(
      paramLabel = "DATA",
      description =
          "A folder of pictures, Parquet files, WebDataset tars, a pattern, an address, or - for"
              + " standard input, as for training.")
  private Path data = Path.of("");

  @Option(
      names = "--image-column",
      paramLabel = "NAME",
      description = "Column, member or key of the pictures. Default: the usual names.")
  private @Nullable String imageColumn;

  @Option(
      names = "--caption-column",
      paramLabel = "NAME",
      description = "Column, member or key of the captions. Default: the usual names.")
  private @Nullable String captionColumn;

  private @Nullable Location location;

  Columns columns() {
    return new Columns(Optional.ofNullable(imageColumn), Optional.ofNullable(captionColumn));
  }

  /** As it was named. */
  Path data() {
    return data;
  }

  /** Refuses a new folder that would lie in the set. */
  void requireOutside(Path folder) {
    Path set = data.toAbsolutePath().normalize();
    if (folder.toAbsolutePath().normalize().startsWith(set)) {
      throw new CurrywurstException(folder + " lies in the set itself; choose one outside.");
    }
  }

  /** Finds it, and tells what it passes over; a stream comes but once. */
  Location location() {
    if (location == null) {
      Dataset.requireThere(data);
      location = Location.of(data);
      location.notices().forEach(command.commandLine().getErr()::println);
    }
    return location;
  }

  ImageDecoder decoder() {
    return ImageDecoder.DEFAULT;
  }

  Inventory inventory() {
    return Inventory.of(location(), columns());
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

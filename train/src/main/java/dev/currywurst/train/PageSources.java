package dev.currywurst.train;

import dev.currywurst.image.Image;
import dev.currywurst.image.ImageDecoder;
import dev.currywurst.image.Resize;
import dev.currywurst.image.Rgb;
import dev.currywurst.tensor.CurrywurstException;
import dev.currywurst.train.report.RunPage;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Stream;
import javax.imageio.ImageIO;
import javax.imageio.stream.MemoryCacheImageOutputStream;

/** The pictures of a run's folder that its page shows: the newest samples, and the first ones. */
final class PageSources {
  private static final int WIDEST = 1400;

  private final RunFolder folder;
  private final Map<Path, RunPage.Picture> made = new HashMap<>();

  PageSources(RunFolder folder) {
    this.folder = folder;
  }

  /** Newest first; what cannot be read is left out. */
  List<RunPage.Picture> newest() {
    List<Path> wanted = new ArrayList<>();
    List<Path> samples = pictures(folder.samples());
    if (!samples.isEmpty()) {
      wanted.add(samples.get(samples.size() - 1));
      wanted.add(samples.get(0));
    }
    last(folders(folder.evaluations()))
        .ifPresent(evaluation -> wanted.addAll(pictures(evaluation)));
    List<RunPage.Picture> shown = new ArrayList<>();
    for (Path file : wanted.stream().distinct().toList()) {
      try {
        shown.add(made.computeIfAbsent(file, this::picture));
      } catch (CurrywurstException | UncheckedIOException e) {
        // A picture less: the page is for looking.
      }
    }
    made.keySet().retainAll(wanted);
    return shown;
  }

  private static Optional<Path> last(List<Path> sorted) {
    return sorted.isEmpty() ? Optional.empty() : Optional.of(sorted.get(sorted.size() - 1));
  }

  private static List<Path> pictures(Path folder) {
    return entries(folder).stream()
        .filter(file -> file.toString().endsWith(".png"))
        .filter(Files::isRegularFile)
        .toList();
  }

  private static List<Path> folders(Path folder) {
    return entries(folder).stream().filter(Files::isDirectory).toList();
  }

  private static List<Path> entries(Path folder) {
    if (!Files.isDirectory(folder)) {
      return List.of();
    }
    try (Stream<Path> entries = Files.list(folder)) {
      return entries.sorted().toList();
    } catch (IOException e) {
      return List.of();
    }
  }

  private RunPage.Picture picture(Path file) {
    Path link = folder.page().resolveSibling("").relativize(file);
    String name = link.toString().replace('\\', '/');
    String title =
        name.replaceFirst("\\.png$", "")
            .replaceFirst("step-0*(\\d+)", "step $1")
            .replace("/", ", ");
    return new RunPage.Picture(
        title, name, jpeg(ImageDecoder.DEFAULT.read(file).flatten(Rgb.WHITE)));
  }

  private static byte[] jpeg(Image whole) {
    double scale = Math.min(1, (double) WIDEST / whole.width());
    Image small =
        scale == 1
            ? whole
            : Resize.resize(
                whole,
                WIDEST,
                Math.max(1, (int) Math.round(scale * whole.height())),
                Resize.Filter.BICUBIC);
    ByteArrayOutputStream bytes = new ByteArrayOutputStream();
    try (MemoryCacheImageOutputStream stream = new MemoryCacheImageOutputStream(bytes)) {
      ImageIO.write(small.toBufferedImage(), "jpg", stream);
    } catch (IOException e) {
      throw new UncheckedIOException("writing to memory failed", e);
    }
    return bytes.toByteArray();
  }
}

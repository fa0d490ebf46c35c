package dev.currywurst.train.data;

import dev.currywurst.image.ImageDecoder;
import dev.currywurst.image.RgbaImage;
import dev.currywurst.tensor.CurrywurstException;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.function.Function;

/**
 * Decodes pictures on a few threads. The result is in the order of the list, whatever thread was
 * faster. A broken picture is left out and reported; too many of them are an error, since then more
 * is wrong than a picture.
 *
 * @param decoder reads one picture
 * @param threads how many pictures are decoded at once
 * @param maxBrokenFraction the part of the pictures that may be broken, 0 to 1
 */
public record ImageLoader(ImageDecoder decoder, int threads, double maxBrokenFraction) {
  /** As many threads as processors, and up to 5 % broken pictures. */
  public static final ImageLoader DEFAULT =
      new ImageLoader(ImageDecoder.DEFAULT, Runtime.getRuntime().availableProcessors(), 0.05);

  public ImageLoader {
    if (threads < 1 || !(maxBrokenFraction >= 0 && maxBrokenFraction <= 1)) {
      throw new IllegalArgumentException(
          threads + " threads, " + maxBrokenFraction + " of the pictures broken");
    }
  }

  /** One loaded picture. */
  public record Sample<T>(CaptionedImage source, T picture) {}

  /** The pictures that could be loaded, in order, and the report of those that could not. */
  public record Loaded<T>(List<Sample<T>> samples, LoadReport report) {
    public Loaded {
      samples = List.copyOf(samples);
    }
  }

  /**
   * Loads pictures.
   *
   * @param keep what to keep of each, on the loading thread: a decoded picture is large
   * @throws CurrywurstException if more than the allowed fraction is broken; the message names some
   */
  public <T> Loaded<T> load(List<CaptionedImage> images, Function<RgbaImage, T> keep) {
    ExecutorService pool = Executors.newFixedThreadPool(threads, ImageLoader::thread);
    try {
      List<Future<T>> pictures = new ArrayList<>();
      for (CaptionedImage image : images) {
        pictures.add(pool.submit(() -> keep.apply(decode(image))));
      }
      return collect(images, pictures);
    } finally {
      pool.shutdownNow();
    }
  }

  /**
   * Decodes one picture.
   *
   * @throws CurrywurstException if it is not there any more, is broken, or is another one than was
   *     listed: caches would know it by the other's content
   */
  RgbaImage decode(CaptionedImage image) {
    byte[] bytes = image.picture().read();
    RgbaImage picture = decoder.decode(bytes, image.name());
    if (image.picture().isWholeFile() && !Fingerprint.ofBytes(bytes).equals(image.contentHash())) {
      throw new CurrywurstException(
          image.name() + " is another picture than when the set was listed; start again.");
    }
    return picture;
  }

  private static Thread thread(Runnable work) {
    Thread thread = new Thread(work, "image-loader");
    thread.setDaemon(true);
    return thread;
  }

  private <T> Loaded<T> collect(List<CaptionedImage> images, List<Future<T>> pictures) {
    List<Sample<T>> samples = new ArrayList<>();
    Map<String, String> broken = new LinkedHashMap<>();
    for (int i = 0; i < pictures.size(); i++) {
      CaptionedImage image = images.get(i);
      try {
        samples.add(new Sample<>(image, pictures.get(i).get()));
      } catch (ExecutionException e) {
        if (!(e.getCause() instanceof CurrywurstException reason)) {
          throw new IllegalStateException("loading " + image.name() + " failed", e.getCause());
        }
        broken.put(image.name(), reason.getMessage());
      } catch (InterruptedException e) {
        Thread.currentThread().interrupt();
        throw new CurrywurstException("Loading the pictures was interrupted.", e);
      }
    }
    LoadReport report = new LoadReport(samples.size(), broken);
    if (report.brokenFraction() > maxBrokenFraction) {
      throw new CurrywurstException(
          String.format(
              "%d of %d pictures are broken, more than the %.0f %% allowed: %s",
              broken.size(), images.size(), 100 * maxBrokenFraction, report.reasons()));
    }
    return new Loaded<>(samples, report);
  }
}

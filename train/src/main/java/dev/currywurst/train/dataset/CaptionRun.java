package dev.currywurst.train.dataset;

import dev.currywurst.image.Image;
import dev.currywurst.image.ImageDecoder;
import dev.currywurst.tensor.CurrywurstException;
import dev.currywurst.train.dataset.Inventory.Entry;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collections;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.TreeMap;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.BooleanSupplier;
import java.util.function.IntConsumer;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * Captions the pictures of a folder that have no caption yet. Whatever ends a run, the captions so
 * far are kept, and the next run goes on with the rest.
 *
 * @param inventory the folder
 * @param todo the pictures to caption
 * @param format where captions go
 * @param options how it goes on
 */
public record CaptionRun(Inventory inventory, List<Entry> todo, Format format, Options options) {
  private static final int POLL_MILLIS = 100;

  /** Where captions go. */
  public enum Format {
    /** {@code metadata.jsonl}. */
    JSONL,
    /** A {@code .txt} beside each picture. */
    TXT
  }

  /**
   * How a run goes on.
   *
   * @param overwrite whether pictures with captions get new ones
   * @param most how many pictures at most
   * @param threads how many at once
   * @param imageColumn for {@code metadata.jsonl}
   * @param captionColumn for {@code metadata.jsonl}
   */
  public record Options(
      boolean overwrite, int most, int threads, String imageColumn, String captionColumn) {}

  /**
   * What became of a run.
   *
   * @param captioned how many captions were written
   * @param failed pictures without one, and why
   * @param end why the run ended before its end, if so
   */
  public record Result(int captioned, Map<String, String> failed, @Nullable String end) {}

  public CaptionRun {
    todo = List.copyOf(todo);
  }

  /**
   * Prepares a run.
   *
   * @param format null for that of the folder, or JSON lines if it has none
   * @throws CurrywurstException if the folder's captions are broken, or the format does not fit it
   */
  public static CaptionRun of(Inventory inventory, @Nullable Format format, Options options) {
    Path folder = inventory.source();
    requireFolder(inventory);
    requireSound(inventory);
    boolean listed = inventory.form() == Inventory.Form.LINES;
    if (listed && format == Format.TXT) {
      throw new CurrywurstException(
          folder.resolve(Inventory.METADATA)
              + " is there, beside which .txt files would not be read; leave --format away.");
    }
    List<Entry> all =
        Stream.concat(inventory.entries().stream(), inventory.unlisted().stream()).toList();
    boolean texts = !listed && all.stream().anyMatch(entry -> !entry.captions().isEmpty());
    Format chosen = format == null ? (texts ? Format.TXT : Format.JSONL) : format;
    Map<String, String> left = chosen == Format.JSONL ? left(folder) : Map.of();
    List<Entry> todo =
        all.stream()
            .filter(entry -> options.overwrite() || entry.captions().isEmpty())
            .filter(entry -> !left.containsKey(entry.name()))
            .limit(options.most())
            .toList();
    return new CaptionRun(inventory, todo, chosen, options);
  }

  /**
   * Looks whether captions can be added to what is there.
   *
   * @throws CurrywurstException if something must be mended first
   */
  public static void requireSound(Inventory inventory) {
    for (Finding finding : inventory.findings()) {
      if (finding.kind().mustBeMended()) {
        throw new CurrywurstException(
            "%s, %s Mend it before captions are added; dataset check lists all such faults."
                .formatted(inventory.source(), finding.sentence()));
      }
    }
  }

  private static void requireFolder(Inventory inventory) {
    String why =
        switch (inventory.form()) {
          case LINES, TEXTS -> "";
          case TABLE -> " keeps its captions in a table, which is not written here";
          case ARCHIVES -> " is not a folder, and captions are not written into archives";
        };
    if (!why.isEmpty()) {
      throw new CurrywurstException(
          inventory.source()
              + why
              + ": give --output DIR for a new folder with the pictures and a "
              + Inventory.METADATA
              + ".");
    }
  }

  private static Map<String, String> left(Path folder) {
    try {
      return CaptionFile.Metadata.left(folder);
    } catch (IOException e) {
      throw new CurrywurstException(folder + " cannot be read: " + e.getMessage() + ".", e);
    }
  }

  /**
   * Runs to the end, or until it is asked to stop.
   *
   * @param stop asked before each picture
   * @param progress is told after each picture how many are done; from several threads
   * @throws CurrywurstException if another run captions the folder, or its captions have changed
   *     since they were listed, or they cannot be written
   */
  public Result run(
      Captioner captioner, ImageDecoder decoder, BooleanSupplier stop, IntConsumer progress) {
    Map<String, String> failed = Collections.synchronizedMap(new TreeMap<>());
    AtomicReference<@Nullable String> end = new AtomicReference<>();
    AtomicReference<@Nullable Throwable> fault = new AtomicReference<>();
    AtomicInteger captioned = new AtomicInteger();
    AtomicInteger done = new AtomicInteger();
    ConcurrentLinkedQueue<Entry> queue = new ConcurrentLinkedQueue<>(todo);
    Waiting waiting = new Waiting();
    try (CaptionFile file = open()) {
      Runnable work =
          () -> {
            for (Entry entry = queue.poll(); entry != null; entry = queue.poll()) {
              if (stop.getAsBoolean() || end.get() != null || fault.get() != null) {
                return;
              }
              try {
                Image picture = entry.onWhite(decoder);
                String caption = waiting.during(() -> captioner.caption(picture));
                if (caption.isBlank()) {
                  throw new CurrywurstException("the captioner has nothing to say about it.");
                }
                if (!isKept(file, entry, caption, end)) {
                  return;
                }
                captioned.incrementAndGet();
              } catch (CurrywurstException e) {
                failed.put(entry.name(), Objects.requireNonNull(e.getMessage()));
              } catch (Captioner.Unavailable e) {
                end.compareAndSet(null, e.getMessage());
                return;
              } catch (InterruptedException e) {
                return; // The run was asked to stop.
              } catch (RuntimeException | Error e) { // Such as a picture beyond all memory.
                fault.compareAndSet(null, e);
                return;
              }
              progress.accept(done.incrementAndGet());
            }
          };
      finish(work, stop, waiting);
    }
    Throwable broken = fault.get();
    if (broken instanceof Error error) {
      throw error;
    }
    if (broken instanceof RuntimeException exception) {
      throw exception;
    }
    return new Result(captioned.get(), Map.copyOf(failed), end.get());
  }

  /** Where one caption finds no room, the next one does not either, and each answer costs. */
  private static boolean isKept(
      CaptionFile file, Entry entry, String caption, AtomicReference<@Nullable String> end) {
    try {
      file.add(entry, caption);
      return true;
    } catch (CurrywurstException e) {
      end.compareAndSet(null, e.getMessage());
      return false;
    }
  }

  /**
   * The threads that wait for an answer. Only these may be interrupted: an interrupt closes the
   * file that a thread is writing to.
   */
  private static final class Waiting {
    private final Set<Thread> threads = new HashSet<>();

    interface Answer {
      String get() throws InterruptedException, Captioner.Unavailable;
    }

    String during(Answer answer) throws InterruptedException, Captioner.Unavailable {
      synchronized (this) {
        threads.add(Thread.currentThread());
      }
      try {
        return answer.get();
      } finally {
        synchronized (this) {
          threads.remove(Thread.currentThread());
          Thread.interrupted(); // An answer that came in the last moment is kept.
        }
      }
    }

    synchronized void interrupt() {
      threads.forEach(Thread::interrupt);
    }
  }

  /** Runs the work on all threads; those that wait for an answer are woken up by a stop. */
  private void finish(Runnable work, BooleanSupplier stop, Waiting waiting) {
    List<Thread> threads = new ArrayList<>();
    for (int i = 0; i < Math.max(1, Math.min(options.threads(), todo.size())); i++) {
      Thread thread = new Thread(work, "captioner-" + i);
      thread.setDaemon(true);
      thread.start();
      threads.add(thread);
    }
    for (Thread thread : threads) {
      boolean interrupted = false;
      while (thread.isAlive()) {
        try {
          thread.join(POLL_MILLIS);
        } catch (InterruptedException e) {
          interrupted = true;
        }
        if (interrupted || stop.getAsBoolean()) {
          waiting.interrupt();
        }
      }
    }
  }

  private CaptionFile open() {
    return switch (format) {
      case TXT -> new CaptionFile.Texts();
      case JSONL ->
          new CaptionFile.Metadata(inventory, options.imageColumn(), options.captionColumn());
    };
  }
}

package dev.currywurst.train.events;

import dev.currywurst.image.Image;
import dev.currywurst.image.Png;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.time.Clock;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;

/**
 * A file of events, one for each time that a run starts or goes on.
 *
 * <p>A run that goes on from a checkpoint tells some steps again. So each file begins with the
 * first step that it tells: TensorBoard then forgets what files before it told of that step and
 * later ones ({@code SessionLog.START}, what {@code purge_step} is in PyTorch).
 *
 * <p>Events are in the file when a call returns: a killed process loses none.
 */
public final class EventFile implements AutoCloseable {
  private static final Pattern NAME = Pattern.compile("events\\.out\\.tfevents\\.(\\d{10})\\..*");

  // Fields of Event, Summary.Value and what is in them, by their names in TensorFlow's protos.
  private static final int WALL_TIME = 1;
  private static final int STEP = 2;
  private static final int FILE_VERSION = 3;
  private static final int SUMMARY = 5;
  private static final int SESSION_LOG = 7;
  private static final int SESSION_STATUS = 1;
  private static final int SESSION_START = 1;
  private static final int VALUE = 1;
  private static final int TAG = 1;
  private static final int SIMPLE_VALUE = 2;
  private static final int IMAGE = 4;
  private static final int TENSOR = 8;
  private static final int METADATA = 9;
  private static final int STRING_TYPE = 7;
  private static final int RGB = 3;

  private final FileChannel channel;
  private final Clock clock;

  private EventFile(FileChannel channel, Clock clock) {
    this.channel = channel;
    this.clock = clock;
  }

  /**
   * Begins a file.
   *
   * @param folder made if it is missing
   * @param firstStep the first that will be told
   */
  public static EventFile begin(Path folder, long firstStep) throws IOException {
    return begin(folder, firstStep, Clock.systemUTC());
  }

  static EventFile begin(Path folder, long firstStep, Clock clock) throws IOException {
    Files.createDirectories(folder);
    // Readers take the files by name: a clock that was put back must not bring this one forward.
    long time = Math.max(clock.instant().getEpochSecond(), newest(folder) + 1);
    Path file = folder.resolve("events.out.tfevents.%010d.currywurst".formatted(time));
    FileChannel channel =
        FileChannel.open(file, StandardOpenOption.CREATE_NEW, StandardOpenOption.WRITE);
    EventFile events = new EventFile(channel, clock);
    try {
      events.write(events.event(0).text(FILE_VERSION, "brain.Event:2"));
      events.write(
          events
              .event(firstStep)
              .message(SESSION_LOG, new Message().integer(SESSION_STATUS, SESSION_START)));
    } catch (IOException e) {
      channel.close();
      throw e;
    }
    return events;
  }

  private static long newest(Path folder) throws IOException {
    try (Stream<Path> files = Files.list(folder)) {
      return files
          .map(file -> NAME.matcher(String.valueOf(file.getFileName())))
          .filter(Matcher::matches)
          .mapToLong(name -> Long.parseLong(name.group(1)))
          .max()
          .orElse(0);
    }
  }

  /** Figures of a step, by name; what stands before a slash groups them. */
  public void scalars(long step, Map<String, Double> figures) throws IOException {
    Message summary = new Message();
    figures.forEach(
        (tag, value) ->
            summary.message(
                VALUE, new Message().text(TAG, tag).real(SIMPLE_VALUE, value.floatValue())));
    write(event(step).message(SUMMARY, summary));
  }

  /** A picture of a step. */
  public void image(long step, String tag, Image image) throws IOException {
    Message picture =
        new Message()
            .integer(1, image.height())
            .integer(2, image.width())
            .integer(3, RGB)
            .bytes(4, Png.encode(image));
    summary(step, new Message().text(TAG, tag).message(IMAGE, picture));
  }

  /** A text of a step, shown as Markdown. */
  public void text(long step, String tag, String markdown) throws IOException {
    Message oneString =
        new Message()
            .integer(1, STRING_TYPE)
            .message(2, new Message().message(2, new Message().integer(1, 1)))
            .text(8, markdown);
    Message shownBy = new Message().message(1, new Message().text(1, "text"));
    summary(
        step,
        new Message()
            .text(TAG, tag + "/text_summary")
            .message(TENSOR, oneString)
            .message(METADATA, shownBy));
  }

  private void summary(long step, Message value) throws IOException {
    write(event(step).message(SUMMARY, new Message().message(VALUE, value)));
  }

  private Message event(long step) {
    return new Message().real(WALL_TIME, clock.millis() / 1e3).integer(STEP, step);
  }

  /** Whole frames: what a full disk let through of one is taken back. */
  private void write(Message event) throws IOException {
    ByteBuffer frame = Frame.of(event.toBytes());
    long start = channel.position();
    try {
      while (frame.hasRemaining()) {
        channel.write(frame);
      }
    } catch (IOException e) {
      channel.truncate(start);
      throw e;
    }
  }

  /** Makes sure that a power failure loses nothing of what was told so far. */
  public void force() throws IOException {
    channel.force(false);
  }

  @Override
  public void close() throws IOException {
    channel.close();
  }
}

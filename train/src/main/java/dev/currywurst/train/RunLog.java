package dev.currywurst.train;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.MissingNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.currywurst.tensor.CurrywurstException;
import dev.currywurst.train.stage.Stage;
import dev.currywurst.weights.ConfigFile;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.Arrays;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalDouble;
import java.util.function.Consumer;
import java.util.stream.Stream;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * What a run learned, step by step: a file with one JSON object a line, which spreadsheets and
 * notebooks read.
 *
 * <pre>{@code
 * {"step":1,"loss":0.98,"gradient_norm":1.3,"learning_rate":1.0E-5}
 * {"step":500,"held_out":{"psnr":28.1}}
 * }</pre>
 *
 * <p>A run that resumes drops the lines after the checkpoint it goes on from, so that no step is
 * told twice.
 */
final class RunLog implements AutoCloseable {
  private static final Logger log = LoggerFactory.getLogger(RunLog.class);
  private static final ObjectMapper JSON = new ObjectMapper();

  private final Path file;
  private final FileChannel channel;
  private final boolean dropped;
  private long missing;

  private RunLog(Path file, FileChannel channel, boolean dropped) {
    this.file = file;
    this.channel = channel;
    this.dropped = dropped;
  }

  /**
   * Opens the log of a run that has done {@code step} steps.
   *
   * @param told hears of each line that stays
   */
  static RunLog open(Path file, long step, Consumer<JsonNode> told) {
    try {
      // What comes before the first step comes again with it.
      byte[] kept = step > 0 && Files.exists(file) ? upTo(file, step, told) : new byte[0];
      FileChannel channel =
          FileChannel.open(file, StandardOpenOption.CREATE, StandardOpenOption.WRITE);
      boolean dropped = channel.size() > kept.length;
      channel.truncate(kept.length);
      channel.position(kept.length);
      return new RunLog(file, channel, dropped);
    } catch (IOException e) {
      throw unwritable(file, e);
    }
  }

  /** The whole lines up to a step. A killed run may have left half a line. */
  private static byte[] upTo(Path file, long step, Consumer<JsonNode> told) throws IOException {
    byte[] bytes = Files.readAllBytes(file);
    int end = 0;
    for (int i = 0; i < bytes.length; i++) {
      if (bytes[i] == '\n') {
        Optional<JsonNode> line =
            line(new String(bytes, end, i - end, StandardCharsets.UTF_8))
                .filter(node -> node.path("step").asLong(Long.MAX_VALUE) <= step);
        if (line.isEmpty()) {
          break;
        }
        told.accept(line.get());
        end = i + 1;
      }
    }
    return Arrays.copyOf(bytes, end);
  }

  private static Optional<JsonNode> line(String text) {
    try {
      return Optional.of(JSON.readTree(text));
    } catch (JsonProcessingException e) {
      return Optional.empty();
    }
  }

  /** A figure of the evaluation after a step, if it is told. */
  static OptionalDouble heldOut(Path file, long step, String figure) {
    try (Stream<String> lines = Files.lines(file)) {
      return lines
          .filter(line -> line.contains("held_out"))
          .map(RunLog::parsed)
          .filter(line -> line.path("step").asLong(-1) == step)
          .map(line -> line.path("held_out").path(figure))
          .filter(JsonNode::isNumber)
          .mapToDouble(JsonNode::asDouble)
          .findFirst();
    } catch (IOException e) {
      return OptionalDouble.empty(); // The log is for reading, and nothing depends on it.
    }
  }

  private static JsonNode parsed(String line) {
    try {
      return JSON.readTree(line);
    } catch (JsonProcessingException e) {
      return MissingNode.getInstance();
    }
  }

  /** Tells a step. */
  void learned(long step, Stage.Learned learned, double learningRate) {
    ObjectNode line = ConfigFile.newObject().put("step", step);
    learned.losses().forEach(line::put);
    line.put("gradient_norm", learned.gradientNorm()).put("learning_rate", learningRate);
    if (!learned.isFinite()) {
      line.put("skipped", true);
    }
    write(line);
  }

  /** Tells an evaluation. */
  void evaluated(long step, Map<String, Double> figures) {
    ObjectNode line = ConfigFile.newObject().put("step", step);
    ObjectNode heldOut = line.putObject("held_out");
    figures.forEach(heldOut::put);
    write(line);
  }

  /** A log that cannot be written is no reason to lose the training. */
  private void write(ObjectNode line) {
    ByteBuffer bytes = ByteBuffer.wrap((line + "\n").getBytes(StandardCharsets.UTF_8));
    try {
      long start = channel.position();
      try {
        while (bytes.hasRemaining()) {
          channel.write(bytes);
        }
      } catch (IOException e) {
        channel.truncate(start);
        throw e;
      }
    } catch (IOException e) {
      if (missing++ == 0) {
        log.warn("{} cannot be written ({}); its lines are lost.", file, e.getMessage());
      }
    }
  }

  /** True if there are steps that have to be told again. */
  boolean dropped() {
    return dropped;
  }

  /** Makes sure that a power failure loses no line of a step that a checkpoint stands for. */
  void force() {
    try {
      channel.force(false);
    } catch (IOException e) {
      log.warn("{} cannot be forced to the disk ({}).", file, e.getMessage());
    }
  }

  private static CurrywurstException unwritable(Path file, IOException e) {
    return new CurrywurstException(
        "%s cannot be written (%s); free space on that disk.".formatted(file, e.getMessage()), e);
  }

  @Override
  public void close() {
    try {
      channel.close();
    } catch (IOException e) {
      throw unwritable(file, e);
    }
  }
}

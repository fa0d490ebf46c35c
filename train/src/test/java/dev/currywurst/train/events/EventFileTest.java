package dev.currywurst.train.events;

import static org.assertj.core.api.Assertions.assertThat;

import dev.currywurst.image.Image;
import dev.currywurst.image.Rgb;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Clock;
import java.time.Instant;
import java.time.ZoneOffset;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** {@code bench/python/read_events.py} checks that TensorBoard itself reads such files. */
class EventFileTest {
  private static final Clock CLOCK = clock(1_700_000_000);

  @TempDir private Path folder;

  private static Clock clock(long seconds) {
    return Clock.fixed(Instant.ofEpochSecond(seconds), ZoneOffset.UTC);
  }

  private List<Path> files() throws IOException {
    try (Stream<Path> files = Files.list(folder)) {
      return files.sorted().toList();
    }
  }

  /** The bytes that TensorFlow's own writer makes of these events. */
  @Test
  void writesTheBytesThatTensorFlowWrites() throws IOException {
    try (EventFile events = EventFile.begin(folder, 3, CLOCK)) {
      events.scalars(3, Map.of("train/loss", 0.5));
      events.text(300, "settings", "a");
    }
    assertThat(HexFormat.of().formatHex(Files.readAllBytes(files().get(0))))
        .isEqualTo(
            "1800000000000000a37f4b220900000040fc54d9411a0d627261696e2e4576656e743a32eced8f9d"
                + "0f000000000000006d532b090900000040fc54d94110033a020801c78f2cbc200000000000000029"
                + "eda9500900000040fc54d94110032a130a110a0a747261696e2f6c6f7373150000003fd9ae50293e"
                + "00000000000000d9d240e70900000040fc54d94110ac022a300a2e0a1573657474696e67732f7465"
                + "78745f73756d6d617279420b08071204120208014201614a080a060a0474657874241ca745");
  }

  @Test
  void filesAreInTheOrderOfTheirStartsWhateverTheClockSays() throws IOException {
    for (long seconds : new long[] {1_700_000_000, 1_700_000_000, 1_600_000_000}) {
      EventFile.begin(folder, 0, clock(seconds)).close();
    }
    assertThat(files())
        .extracting(file -> file.getFileName().toString())
        .containsExactly(
            "events.out.tfevents.1700000000.currywurst",
            "events.out.tfevents.1700000001.currywurst",
            "events.out.tfevents.1700000002.currywurst");
  }

  @Test
  void whatWasToldIsInTheFileBeforeItIsClosed() throws IOException {
    try (EventFile events = EventFile.begin(folder, 0, CLOCK)) {
      long before = Files.size(files().get(0));
      events.image(1, "samples", Image.filled(4, 4, Rgb.WHITE));
      assertThat(Files.size(files().get(0))).isGreaterThan(before + 50);
    }
  }
}

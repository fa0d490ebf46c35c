package dev.currywurst.weights;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.currywurst.tensor.CurrywurstException;
import dev.currywurst.tensor.Scope;
import dev.currywurst.weights.MappedRanges.Range;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class MappedRangesTest {
  private static final long GIB = 1L << 30;

  @TempDir Path folder;

  @Test
  void mapsAnyRangesThroughWindowsOfLimitedSize() throws IOException {
    long seed = System.nanoTime();
    Random random = new Random(seed);
    byte[] content = new byte[5000];
    random.nextBytes(content);
    Path file = Files.write(folder.resolve("file"), content);
    for (int run = 0; run < 50; run++) {
      int longest = 1 + random.nextInt(600);
      List<Range> ranges = new ArrayList<>();
      for (int i = 0; i < 40; i++) {
        int offset = random.nextInt(content.length);
        int length = random.nextInt(Math.min(longest, content.length - offset) + 1);
        ranges.add(new Range(offset, length));
      }
      MappedRanges mapped = map(file, ranges, longest);
      for (Range range : ranges) {
        byte[] bytes = new byte[(int) range.length()];
        mapped.slice(range.offset(), range.length()).get(bytes);
        assertThat(bytes)
            .as("seed %d, %s", seed, range)
            .isEqualTo(Arrays.copyOfRange(content, (int) range.offset(), (int) range.end()));
      }
    }
  }

  @Test
  void gathersNeighboursInOneWindow() throws IOException {
    Path file = Files.write(folder.resolve("file"), new byte[100]);
    List<Range> ranges = List.of(new Range(0, 40), new Range(40, 40), new Range(80, 20));
    assertThat(map(file, ranges, 100).windows()).isEqualTo(1);
    assertThat(map(file, ranges, 80).windows()).isEqualTo(2);
    assertThat(map(file, ranges, 40).windows()).isEqualTo(3);
  }

  private static MappedRanges map(Path file, List<Range> ranges, long longest) throws IOException {
    try (FileChannel channel = FileChannel.open(file, StandardOpenOption.READ)) {
      return MappedRanges.map(channel, ranges, longest);
    }
  }

  /** The file is sparse: it claims 7 GB and takes a few pages of the disk. */
  @Test
  void readsFilesAboveTwoGigabytes() throws IOException {
    long[] sizes = {GIB + 8, GIB + 8, 4, 2 * GIB + 8, GIB, 4};
    StringBuilder header = new StringBuilder("{");
    long end = 0;
    for (int i = 0; i < sizes.length; i++) {
      header.append(i == 0 ? "" : ",");
      String shape = "[" + sizes[i] / 4 + "]";
      header.append(WeightFixtures.tensor("t" + i, "F32", shape, end, end + sizes[i]));
      end += sizes[i];
    }
    byte[] json = header.append('}').toString().getBytes(StandardCharsets.UTF_8);
    Path path = folder.resolve("large.safetensors");
    long dataStart = 8L + json.length;
    try (FileChannel channel =
        FileChannel.open(
            path,
            StandardOpenOption.CREATE_NEW,
            StandardOpenOption.SPARSE,
            StandardOpenOption.WRITE)) {
      ByteBuffer head = ByteBuffer.allocate(8 + json.length).order(ByteOrder.LITTLE_ENDIAN);
      channel.write(head.putLong(json.length).put(json).flip());
      end = dataStart;
      for (int i = 0; i < sizes.length; i++) {
        end += sizes[i];
        ByteBuffer last = ByteBuffer.allocate(4).order(ByteOrder.LITTLE_ENDIAN).putFloat(i);
        channel.write(last.flip(), end - 4);
      }
    }
    WeightFile file = WeightFile.open(path);
    for (int i : new int[] {0, 1, 2, 4, 5}) {
      ByteBuffer bytes = file.bytes("t" + i);
      assertThat(bytes.remaining()).isEqualTo((int) sizes[i]);
      assertThat(bytes.getFloat(bytes.limit() - 4)).isEqualTo(i);
    }
    try (Scope scope = Scope.open()) {
      assertThat(file.tensor("t5").item()).isEqualTo(5);
    }
    assertThat(file.entry("t3").bytes()).isEqualTo(2 * GIB + 8);
    assertThatThrownBy(() -> file.bytes("t3"))
        .isInstanceOf(CurrywurstException.class)
        .hasMessageContaining(
            "tensor \"t3\" has 2147483656 bytes, and a single tensor can have at most 2147483647");
  }
}

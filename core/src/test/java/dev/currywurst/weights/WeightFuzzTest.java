package dev.currywurst.weights;

import static dev.currywurst.weights.WeightFixtures.resource;
import static org.assertj.core.api.Assertions.assertThat;

import dev.currywurst.tensor.CurrywurstException;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Random;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Damaged files are read, or refused in a sentence: never anything else. */
class WeightFuzzTest {
  private static final int[] TELLING = {0, 1, 0x7f, 0x80, 0xff, '{', '"', ',', '[', '(', '.', 'R'};

  @TempDir Path folder;

  @ParameterizedTest
  @CsvSource({
    "types.safetensors, 600",
    "types.zip.pt, 600",
    "types.legacy.pt, 600",
    "views.zip.pt, 600",
    "views.legacy.pt, 600"
  })
  void survivesRandomDamage(String name, int runs) throws IOException {
    long seed = Long.getLong("tests.seed", System.nanoTime());
    byte[] good = Files.readAllBytes(resource(name));
    int refused = 0;
    for (int run = 0; run < runs; run++) {
      Random random = new Random(seed + run);
      byte[] damaged = damage(good, random);
      Path path = Files.write(folder.resolve(name), damaged);
      try {
        readEverything(WeightFile.open(path));
      } catch (CurrywurstException e) {
        refused += e.getMessage().startsWith("Cannot read ") ? 1 : -runs;
      } catch (RuntimeException | Error e) {
        throw new AssertionError(name + " damaged with -Dtests.seed=" + (seed + run), e);
      }
    }
    assertThat(refused).as("refused in a sentence, seed %d", seed).isGreaterThan(runs / 10);
  }

  private static void readEverything(WeightFile file) {
    for (String name : file.names()) {
      WeightFile.Entry entry = file.entry(name);
      try {
        ByteBuffer bytes = file.bytes(name);
        if (bytes.remaining() != entry.bytes()) {
          throw new AssertionError(entry + " has " + bytes.remaining() + " bytes");
        }
        bytes.get(new byte[bytes.remaining()]);
      } catch (CurrywurstException e) {
        // Such as a repeated view: the other tensors are still there.
      }
    }
  }

  /** Up to eight bytes changed, or a piece cut out, doubled or put elsewhere. */
  private static byte[] damage(byte[] good, Random random) {
    byte[] bytes = good.clone();
    int from = random.nextInt(bytes.length);
    int length = random.nextInt(Math.min(40, bytes.length - from) + 1);
    switch (random.nextInt(8)) {
      case 0 -> bytes = Arrays.copyOf(bytes, from);
      case 1 -> bytes = join(bytes, 0, from, from + length, bytes.length);
      case 2 -> bytes = join(bytes, 0, from + length, from, bytes.length);
      case 3 ->
          System.arraycopy(good, from, bytes, random.nextInt(good.length - length + 1), length);
      default -> {
        for (int i = random.nextInt(8); i >= 0; i--) {
          // Headers and pickles are where the decisions are: at the front, or the end of a zip.
          int at = random.nextBoolean() ? random.nextInt(bytes.length) : random.nextInt(400);
          bytes[at] =
              (byte)
                  (random.nextBoolean()
                      ? random.nextInt(256)
                      : TELLING[random.nextInt(TELLING.length)]);
        }
      }
    }
    return bytes;
  }

  private static byte[] join(byte[] bytes, int a, int b, int c, int d) {
    byte[] joined = Arrays.copyOf(Arrays.copyOfRange(bytes, a, b), b - a + d - c);
    System.arraycopy(bytes, c, joined, b - a, d - c);
    return joined;
  }
}

package dev.currywurst.weights;

import static dev.currywurst.weights.WeightFixtures.bytes;
import static dev.currywurst.weights.WeightFixtures.resource;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.currywurst.tensor.CurrywurstException;
import dev.currywurst.tensor.Scope;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class TorchCheckpointTest {
  private static final byte[] PICKLE =
      new PickleBytes()
          .op(PickleOpcode.EMPTY_DICT)
          .text("a")
          .tensor(0, new long[] {4}, new long[] {1})
          .op(PickleOpcode.SETITEM)
          .stop();

  @TempDir Path folder;

  @ParameterizedTest
  @ValueSource(strings = {"types.zip.pt", "types.legacy.pt"})
  void readsTheSameAsFromSafetensors(String name) {
    WeightFile file = WeightFile.open(resource(name));
    WeightFile same = WeightFile.open(resource("types.safetensors"));
    assertThat(file.names()).containsExactlyInAnyOrderElementsOf(same.names());
    for (String tensor : same.names()) {
      assertThat(file.entry(tensor)).isEqualTo(same.entry(tensor));
      assertThat(bytes(file, tensor)).as("%s", tensor).isEqualTo(bytes(same, tensor));
    }
    try (Scope scope = Scope.open()) {
      assertThat(file.tensor("scalar").item()).isEqualTo(2.5);
      assertThat(file.tensor("BF16.matrix").toFloats()).containsExactly(2, 1, 0, 1, 2, 3);
      assertThat(file.tensor("empty").shape()).containsExactly(0, 4);
    }
  }

  @ParameterizedTest
  @ValueSource(strings = {"views.zip.pt", "views.legacy.pt"})
  void readsViewsOnSharedStorages(String name) {
    WeightFile file = WeightFile.open(resource(name)).section("state_dict");
    assertThat(file.entry("transposed").shape()).containsExactly(6L, 4L);
    try (Scope scope = Scope.open()) {
      assertThat(file.tensor("middle").toFloats()).containsExactly(5, 6, 7, 8, 9, 10);
      assertThat(file.tensor("every_third").toFloats())
          .containsExactly(1, 4, 7, 10, 13, 16, 19, 22);
      assertThat(file.tensor("block").toFloats()).containsExactly(8, 9, 10, 14, 15, 16);
      float[] transposed = file.tensor("transposed").toFloats();
      assertThat(Arrays.copyOf(transposed, 6)).containsExactly(0, 6, 12, 18, 1, 7);
      float[] channelsLast = file.tensor("channels_last").toFloats();
      assertThat(channelsLast).hasSize(48);
      for (int i = 0; i < channelsLast.length; i++) {
        assertThat(channelsLast[i]).isEqualTo(i);
      }
      assertThat(file.tensor("parameter").toFloats()).containsExactly(1, 2);
      assertThat(file.tensor("tagged").toFloats()).containsExactly(3, 4);
    }
  }

  @Test
  void reachesNestedDictionariesAndListsByPath() {
    WeightFile file = WeightFile.open(resource("views.zip.pt"));
    assertThat(file.names())
        .contains("model.weight", "optimizer_state_dict.state.1.exp_avg", "list.0", "list.1.0")
        .doesNotContain("iter", "metrics.loss");
    assertThat(file.section("optimizer_state_dict.state.1").names())
        .containsExactly("step", "exp_avg", "exp_avg_sq");
    assertThat(file.hasSection("ema_state_dict")).isFalse();
    assertThatThrownBy(() -> file.section("ema_state_dict"))
        .isInstanceOf(CurrywurstException.class)
        .hasMessageContaining(
            "it has no tensors under \"ema_state_dict\"; it has state_dict, model");
  }

  @Test
  void sharesTheMappedFileInsteadOfCopying() throws IOException {
    Path path = PickleBytes.checkpoint(folder, PICKLE);
    try (Scope scope = Scope.open()) {
      ByteBuffer mapped = WeightFile.open(path).bytes("a");
      assertThat(mapped.getFloat(0)).isEqualTo(1);
      long position = indexOf(Files.readAllBytes(path), new byte[] {0, 0, (byte) 0x80, 0x3f});
      try (FileChannel channel = FileChannel.open(path, StandardOpenOption.WRITE)) {
        channel.write(ByteBuffer.wrap(new byte[] {0, 0, 0, 0x41}), position);
      }
      assertThat(mapped.getFloat(0)).as("the file's change shows").isEqualTo(8);
    }
  }

  @Test
  void refusesToCopyTensorsThatRepeatTheirElements() {
    WeightFile file = WeightFile.open(resource("views.zip.pt"));
    assertThat(file.entry("state_dict.repeated").bytes()).isEqualTo(20);
    assertThatThrownBy(() -> file.bytes("state_dict.repeated"))
        .isInstanceOf(CurrywurstException.class)
        .hasMessageContaining("make it contiguous");
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      textBlock =
          """
          attack.zip.pt    | its pickle asks for posix.system, which has no place in a weight file
          attack.legacy.pt | its pickle asks for posix.system, which has no place in a weight file
          whole_model.pt   | its pickle asks for torch.nn.modules.linear.Linear, which has no place
          protocol4.pt     | its pickle uses the instruction FRAME at byte 2, which weight files do not need
          deflated.pt      | is compressed or encrypted, which PyTorch never does
          torchscript.pt   | it is a TorchScript program
          """)
  void refusesWhatIsMoreThanWeights(String name, String problem) {
    assertThatThrownBy(() -> WeightFile.open(resource(name)))
        .isInstanceOf(CurrywurstException.class)
        .hasMessageContaining(problem);
  }

  @ParameterizedTest
  @ValueSource(strings = {"types.zip.pt", "types.legacy.pt"})
  void refusesFilesCutShortAnywhere(String name) throws IOException {
    byte[] whole = Files.readAllBytes(resource(name));
    Path cut = folder.resolve("cut.pt");
    for (int length = 0; length < whole.length; length += 13) {
      Files.write(cut, Arrays.copyOf(whole, length));
      assertThatThrownBy(() -> WeightFile.open(cut))
          .as("%d bytes", length)
          .isInstanceOf(CurrywurstException.class);
    }
  }

  @Test
  void checksTheByteOrder() throws IOException {
    Map<String, byte[]> entries = new LinkedHashMap<>();
    entries.put("test/byteorder", "big".getBytes(StandardCharsets.US_ASCII));
    entries.put("test/data.pkl", PICKLE);
    Path big = PickleBytes.zip(folder, entries);
    assertThatThrownBy(() -> WeightFile.open(big))
        .isInstanceOf(CurrywurstException.class)
        .hasMessageContaining("its numbers are in the byte order \"big\"");
  }

  @Test
  void refusesArchivesWithoutTheirParts() throws IOException {
    Path none = PickleBytes.zip(folder, Map.of("readme.txt", new byte[3]));
    assertThatThrownBy(() -> WeightFile.open(none))
        .hasMessageContaining("it is a zip archive with 0 data.pkl");
    Path noStorage = PickleBytes.zip(folder, Map.of("x/data.pkl", PICKLE));
    assertThatThrownBy(() -> WeightFile.open(noStorage))
        .hasMessageContaining("storage \"0\" should have 16 bytes, but 0 are there");
    Path shortStorage =
        PickleBytes.zip(folder, Map.of("x/data.pkl", PICKLE, "x/data/0", new byte[15]));
    assertThatThrownBy(() -> WeightFile.open(shortStorage))
        .hasMessageContaining("storage \"0\" should have 16 bytes, but 15 are there");
  }

  @Test
  void refusesDirectoriesThatLie() throws IOException {
    Path path = PickleBytes.checkpoint(folder, PICKLE);
    byte[] good = Files.readAllBytes(path);
    int central = indexOf(good, new byte[] {'P', 'K', 1, 2});
    // Offsets of the fields: see StoredZip.
    refusesPatched(good, central + 42, 0xFFFFFF, "lies outside the archive");
    refusesPatched(good, central + 42, 1, "has no header where the directory says");
    refusesPatched(good, central + 46, 'x', "has another name in its own header");
    refusesPatched(good, central + 24, 0xFFFFFF, "is compressed or encrypted");
    refusesPatched(good, central + 20, 0xFFFFFF, "claim more bytes than it has");
    refusesPatched(good, central + 8, 1, "is compressed or encrypted");
    int storage = central + 46 + "test/data.pkl".length();
    refusesPatched(good, storage, 0, "the directory of its zip archive is broken");
    int end = indexOf(good, new byte[] {'P', 'K', 5, 6});
    refusesPatched(good, end + 10, 9, "the directory of its zip archive is broken");
    refusesPatched(good, end + 12, 0xFFFFFF, "lies outside the file");
    refusesPatched(good, end + 16, 0xFFFFFF, "lies outside the file");
    refusesPatched(good, end, 0, "the end of its zip archive is missing");
  }

  @Test
  void refusesEntriesOfOneName() throws IOException {
    Path path = PickleBytes.zip(folder, Map.of("x/data/0", new byte[1], "x/data/1", new byte[1]));
    byte[] bytes = Files.readAllBytes(path);
    int central = indexOf(bytes, new byte[] {'P', 'K', 1, 2});
    int last = central + 46 + "x/data/0".length() - 1;
    bytes[last] = (byte) (bytes[last] == '0' ? '1' : '0');
    Files.write(path, bytes);
    assertThatThrownBy(() -> WeightFile.open(path))
        .isInstanceOf(CurrywurstException.class)
        .hasMessageContaining("is there twice");
  }

  private void refusesPatched(byte[] good, int at, int value, String problem) throws IOException {
    byte[] patched = good.clone();
    for (int i = 0; i < 3 && (i == 0 || value > 0xFF); i++) {
      patched[at + i] = (byte) (value >> (8 * i));
    }
    Path path = Files.write(folder.resolve("patched.pt"), patched);
    assertThatThrownBy(() -> WeightFile.open(path))
        .isInstanceOf(CurrywurstException.class)
        .hasMessageContaining(problem);
  }

  @Test
  void refusesFilesThatAreNoCheckpoints() throws IOException {
    Path text = Files.writeString(folder.resolve("model.pt"), "hello, I am no checkpoint");
    assertThatThrownBy(() -> WeightFile.open(text))
        .isInstanceOf(CurrywurstException.class)
        .hasMessageContaining("it does not begin as a checkpoint of PyTorch does");
    Path pointer = Files.writeString(folder.resolve("model.ckpt"), "version https://git-lfs...");
    assertThatThrownBy(() -> WeightFile.open(pointer)).hasMessageContaining("git lfs pull");
    assertThatThrownBy(() -> WeightFile.open(folder.resolve("absent.pth")))
        .isInstanceOf(CurrywurstException.class)
        .hasMessageContaining("there is no such file");
  }

  private static int indexOf(byte[] bytes, byte[] pattern) {
    for (int i = 0; i <= bytes.length - pattern.length; i++) {
      if (Arrays.equals(bytes, i, i + pattern.length, pattern, 0, pattern.length)) {
        return i;
      }
    }
    throw new IllegalArgumentException("not there");
  }
}

package dev.currywurst.weights;

import static dev.currywurst.weights.WeightFixtures.resource;
import static dev.currywurst.weights.WeightFixtures.safetensors;
import static dev.currywurst.weights.WeightFixtures.tensor;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.currywurst.tensor.CurrywurstException;
import dev.currywurst.tensor.DType;
import dev.currywurst.tensor.Scope;
import dev.currywurst.tensor.Tensor;
import dev.currywurst.testkit.Fixtures;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;

class SafetensorsTest {
  private static final String ONE_FLOAT = tensor("a", "F32", "[1]", 0, 4);

  @TempDir Path folder;

  @Test
  void readsWhatPythonWrote() {
    WeightFile file = WeightFile.open(resource("types.safetensors"));
    assertThat(file.metadata()).isEqualTo(Map.of("format", "pt"));
    assertThat(file.entry("F32.matrix"))
        .isEqualTo(new WeightFile.Entry("F32.matrix", StoredType.F32, List.of(2L, 3L), 24));
    try (Scope scope = Scope.open()) {
      assertThat(file.tensor("F32.matrix").toFloats()).containsExactly(2, 1, 0, 1, 2, 3);
      assertThat(file.tensor("scalar").item()).isEqualTo(2.5);
      assertThat(file.tensor("scalar").shape()).isEmpty();
      assertThat(file.tensor("empty").shape()).containsExactly(0, 4);
      assertThat(file.tensor("größe").toLongs()).containsExactly(1, 1, 1);
    }
  }

  @ParameterizedTest
  @EnumSource(DType.class)
  void readsEveryTypeOfTheEngine(DType dtype) {
    WeightFile file = WeightFile.open(resource("types.safetensors"));
    try (Scope scope = Scope.open()) {
      Tensor matrix = file.tensor(dtype.safetensorsName() + ".matrix");
      assertThat(matrix.dtype()).isEqualTo(dtype);
      long[] expected = {2, 1, 0, 1, 2, 3};
      long[] bools = {1, 1, 0, 1, 1, 1};
      assertThat(matrix.toLongs()).isEqualTo(dtype == DType.BOOL ? bools : expected);
    }
  }

  @ParameterizedTest
  @ValueSource(strings = {"C64", "F8_E4M3", "F8_E5M2", "U16", "U32", "U64"})
  void listsOtherTypesOfTheFormatAndFailsOnlyWhenAskedForTheTensor(String type) {
    WeightFile file = WeightFile.open(resource("types.safetensors"));
    String name = type + ".matrix";
    assertThat(file.entry(name).type().name()).isEqualTo(type);
    assertThat(file.entry(name).shape()).containsExactly(2L, 3L);
    assertThat(file.bytes(name).remaining()).isEqualTo(6 * file.entry(name).type().bits() / 8);
    assertThatThrownBy(() -> file.tensor(name))
        .isInstanceOf(CurrywurstException.class)
        .hasMessageEndingWith(
            "tensor \"%s\" is stored as %s, which Currywurst does not compute with; convert the file to BF16 or F32 first."
                .formatted(name, type));
  }

  @Test
  void readsAPublishedLayout() {
    Path vqgan = Fixtures.wuerstchen().resolve("decoder/vqgan/diffusion_pytorch_model.safetensors");
    WeightFile file = WeightFile.open(vqgan);
    assertThat(file.names()).contains("vquantizer.embedding.weight");
    assertThat(file.names()).allSatisfy(name -> assertThat(file.entry(name)).isNotNull());
  }

  @Test
  void sharesTheMappedFileInsteadOfCopying() throws IOException {
    String header = "{" + ONE_FLOAT + "}";
    int multipleOf8 = (header.length() + 7) / 8 * 8;
    Path path = safetensors(folder, " ".repeat(multipleOf8 - header.length()) + header, 4);
    try (Scope scope = Scope.open()) {
      Tensor tensor = WeightFile.open(path).tensor("a");
      assertThat(tensor.item()).isZero();
      byte[] one = {0, 0, (byte) 0x80, 0x3f};
      try (FileChannel channel = FileChannel.open(path, StandardOpenOption.WRITE)) {
        channel.write(ByteBuffer.wrap(one), channel.size() - 4);
      }
      assertThat(tensor.item()).as("the tensor sees the file change").isEqualTo(1);
    }
  }

  @Test
  void readsTensorsAtOddOffsets() throws IOException {
    String header =
        "{" + tensor("bytes", "U8", "[3]", 0, 3) + "," + tensor("f", "F32", "[2]", 3, 11) + "}";
    Path path = safetensors(folder, header, 0);
    Files.write(path, new byte[] {7, 8, 9}, StandardOpenOption.APPEND);
    byte[] oneAndTwo = {0, 0, (byte) 0x80, 0x3f, 0, 0, 0, 0x40};
    Files.write(path, oneAndTwo, StandardOpenOption.APPEND);
    try (Scope scope = Scope.open()) {
      assertThat(WeightFile.open(path).tensor("f").toFloats()).containsExactly(1, 2);
      assertThat(WeightFile.open(path).tensor("bytes").toLongs()).containsExactly(7, 8, 9);
    }
  }

  @Test
  void ordersNamesAsTheyLieInTheFile() throws IOException {
    String header =
        "{" + tensor("late", "F32", "[1]", 4, 8) + "," + tensor("early", "F32", "[1]", 0, 4) + "}";
    assertThat(Safetensors.open(safetensors(folder, header, 8)).names())
        .containsExactly("early", "late");
  }

  @ParameterizedTest
  @ValueSource(strings = {"   {%s}", "\n\t\r {%s} \n", "{%s,\"__metadata__\":null}"})
  void acceptsWhatTheReferenceAccepts(String header) throws IOException {
    Path path = safetensors(folder, header.formatted(ONE_FLOAT), 4);
    assertThat(Safetensors.open(path).names()).containsExactly("a");
  }

  @Test
  void acceptsFilesWithoutTensorsAndUnknownFields() throws IOException {
    assertThat(Safetensors.open(safetensors(folder, "{}", 0)).names()).isEmpty();
    String later =
        "{\"a\":{\"new\":{\"x\":[1]},\"dtype\":\"U8\",\"shape\":[],\"data_offsets\":[0,1]}}";
    assertThat(Safetensors.open(safetensors(folder, later, 1)).names()).containsExactly("a");
  }

  @Test
  void acceptsPackedTypesThatEndOnAByte() throws IOException {
    Path path = safetensors(folder, "{" + tensor("a", "F4", "[4]", 0, 2) + "}", 2);
    assertThat(Safetensors.open(path).entry("a").bytes()).isEqualTo(2);
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      quoteCharacter = '^',
      textBlock =
          """
          [1]                            | its header does not begin with {
          x                              | its header does not begin with {
          {"a":}                         | its header is not valid JSON at column 6
          {"a"                           | its header is not valid JSON
          {}{}                           | its header goes on after the closing }
          {} x                           | its header is not valid JSON
          {"__metadata__":{"a":1}}       | its __metadata__ value "a" is not a string
          {"__metadata__":{"a":{}}}      | its __metadata__ value "a" is not a string
          {"__metadata__":"a"}           | its __metadata__ is not an object of strings
          {"__metadata__":{"a":"","a":""}}                           | its __metadata__ names "a" twice
          {"__metadata__":{},"__metadata__":{}}                      | its header names "__metadata__" twice
          {"a":7}                                                    | tensor "a" is not described by an object
          {"a":{}}                                                   | tensor "a" has no dtype
          {"a":{"dtype":"U8"}}                                       | tensor "a" has no shape
          {"a":{"dtype":"U8","shape":[]}}                            | tensor "a" has no data_offsets
          {"a":{"dtype":"U8","dtype":"U8"}}                          | tensor "a" has "dtype" twice
          {"a":{"dtype":8}}                                          | tensor "a" has a dtype that is not a string
          {"a":{"dtype":"Q4"}}                                       | tensor "a" has the dtype "Q4", which the safetensors format does not know
          {"a":{"shape":7}}                                          | tensor "a" needs whole numbers from 0 up in shape
          {"a":{"shape":[-1]}}                                       | tensor "a" needs whole numbers from 0 up in shape
          {"a":{"shape":[1.0]}}                                      | tensor "a" needs whole numbers from 0 up in shape
          {"a":{"shape":["1"]}}                                      | tensor "a" needs whole numbers from 0 up in shape
          {"a":{"shape":[9223372036854775808]}}                      | tensor "a" needs whole numbers from 0 up in shape, and below 2^63
          {"a":{"dtype":"U8","shape":[1],"data_offsets":[0]}}        | tensor "a" has 1 data_offsets instead of 2
          {"a":{"dtype":"U8","shape":[1],"data_offsets":[0,1,2]}}    | tensor "a" has 3 data_offsets instead of 2
          {"a":{"dtype":"U8","shape":[1],"data_offsets":[1,0]}}      | tensor "a" ends before it begins: its data_offsets [1, 0]
          {"a":{"dtype":"U8","shape":[1],"data_offsets":[1,2]}}      | the first tensor, "a", must begin at byte 0: its data_offsets [1, 2]
          {"a":{"dtype":"F32","shape":[2],"data_offsets":[0,4]}}     | tensor "a" of type F32 and shape [2] takes 8 bytes, but its data_offsets [0, 4] span 4
          {"a":{"dtype":"F4","shape":[3],"data_offsets":[0,2]}}      | tensor "a" of type F4 and shape [3] does not end on a whole byte
          {"a":{"dtype":"U8","shape":[4294967296,4294967296],"data_offsets":[0,4]}}  | tensor "a" has a shape too large to count
          {"a":{"dtype":"F64","shape":[1152921504606846976],"data_offsets":[0,4]}}   | tensor "a" has a shape too large to count
          {"a":{"dtype":"U8","shape":[4],"data_offsets":[0,4]}}      | its tensors need 4 bytes, but only 2 follow the header; the file was cut short
          {"a":{"dtype":"U8","shape":[1],"data_offsets":[0,1]}}      | the last 1 bytes belong to no tensor
          {"\\ud800":{}}                                              | the name "\\ud800" is not valid Unicode
          """)
  void refusesBrokenHeaders(String header, String problem) throws IOException {
    Path path = safetensors(folder, header, 2);
    assertThatThrownBy(() -> Safetensors.open(path))
        .isInstanceOf(CurrywurstException.class)
        .hasMessageStartingWith("Cannot read " + path + ": " + problem);
  }

  @Test
  void refusesOverlapsAndHoles() throws IOException {
    String first = tensor("a", "U8", "[2]", 0, 2);
    refuses(
        "{" + first + "," + tensor("b", "U8", "[2]", 1, 3) + "}",
        3,
        "tensor \"b\" overlaps the tensor before it, which ends at byte 2: its data_offsets [1, 3]");
    refuses(
        "{" + first + "," + tensor("b", "U8", "[2]", 3, 5) + "}",
        5,
        "tensor \"b\" leaves a hole after the tensor before it, which ends at byte 2: its"
            + " data_offsets [3, 5]");
    refuses("{" + first + "," + first + "}", 2, "its header names \"a\" twice");
  }

  @Test
  void refusesFilesTooShortForTheirHeader() throws IOException {
    Path seven = Files.write(folder.resolve("seven"), new byte[7]);
    assertThatThrownBy(() -> Safetensors.open(seven)).hasMessageContaining("it has only 7 bytes");
    Path none = Files.write(folder.resolve("none"), new byte[0]);
    assertThatThrownBy(() -> Safetensors.open(none)).hasMessageContaining("it has only 0 bytes");
    Path cut = Files.write(folder.resolve("cut"), new byte[] {99, 0, 0, 0, 0, 0, 0, 0, '{'});
    assertThatThrownBy(() -> Safetensors.open(cut))
        .hasMessageContaining("its header should have 99 bytes, but only 1 follow");
  }

  @ParameterizedTest
  @CsvSource({
    "100000001, 100000001",
    "9223372036854775807, 9223372036854775807",
    "-1, 18446744073709551615"
  })
  void refusesHeadersOfImpossibleLength(long length, String shown) throws IOException {
    byte[] head = new byte[16];
    ByteBuffer.wrap(head).order(ByteOrder.LITTLE_ENDIAN).putLong(length);
    Path path = Files.write(folder.resolve("file"), head);
    assertThatThrownBy(() -> Safetensors.open(path))
        .isInstanceOf(CurrywurstException.class)
        .hasMessageContaining("its first 8 bytes give the header " + shown + " bytes");
  }

  @Test
  void refusesTextThatIsNotUtf8() throws IOException {
    byte[] header = ("{" + ONE_FLOAT + "}").getBytes(StandardCharsets.UTF_8);
    header[2] = (byte) 0xff;
    Path path = safetensors(folder, header, 4);
    assertThatThrownBy(() -> Safetensors.open(path)).hasMessageContaining("not valid UTF-8");
    Path utf16 = safetensors(folder, "{}".getBytes(StandardCharsets.UTF_16LE), 0);
    assertThatThrownBy(() -> Safetensors.open(utf16)).hasMessageContaining("not valid JSON");
    Path bom = safetensors(folder, "\ufeff{}", 0);
    assertThatThrownBy(() -> Safetensors.open(bom)).hasMessageContaining("not begin with {");
  }

  @Test
  void refusesDeepNesting() throws IOException {
    refuses("{\"a\":{\"x\":" + "[".repeat(100_000), 0, "its header is not valid JSON");
  }

  @Test
  void refusesHeadersThatWouldFillTheMemory() throws IOException {
    refuses(
        "{\"a\":{\"shape\":[0" + ",0".repeat(1000),
        0,
        "tensor \"a\" has more than 64 numbers in shape");
    refuses(
        "{\"__metadata__\":{\"\":\"\"" + ",\"\":\"\"".repeat(10),
        0,
        "its __metadata__ names \"\" twice");
    StringBuilder names = new StringBuilder("{\"__metadata__\":{\"\":\"\"");
    for (int i = 0; i < SafetensorsJson.MOST_NAMES; i++) {
      names.append(",\"").append(i).append("\":\"\"");
    }
    refuses(names.toString(), 0, "its header has more than 1000000 names");
  }

  @Test
  void tellsWhatAFileReallyIs() throws IOException {
    Path pointer = Files.writeString(folder.resolve("a"), "version https://git-lfs.github.com/...");
    assertThatThrownBy(() -> WeightFile.open(pointer)).hasMessageContaining("git lfs pull");
    Path page = Files.writeString(folder.resolve("b"), "<!DOCTYPE html><html></html>");
    assertThatThrownBy(() -> WeightFile.open(page)).hasMessageContaining("a web page");
    Path zip = Files.copy(resource("types.zip.pt"), folder.resolve("c.safetensors"));
    assertThatThrownBy(() -> WeightFile.open(zip)).hasMessageContaining("give it the ending .pt");
    assertThatThrownBy(() -> WeightFile.open(folder)).hasMessageContaining("it is a folder");
    assertThatThrownBy(() -> WeightFile.open(folder.resolve("absent")))
        .isInstanceOf(CurrywurstException.class)
        .hasMessageContaining("there is no such file");
  }

  @Test
  void keepsControlCharactersOutOfMessages() throws IOException {
    String name = "\\u001b[31mred\\u202e\\n" + "x".repeat(500);
    refuses(
        "{" + tensor(name, "U8", "[3]", 0, 2) + "}",
        2,
        "tensor \"\\u001b[31mred\\u202e\\u000a" + "x".repeat(95) + "...\" of type");
  }

  @Test
  void namesAMissingTensor() {
    WeightFile file = WeightFile.open(resource("types.safetensors"));
    assertThatThrownBy(() -> file.entry("F32"))
        .isInstanceOf(CurrywurstException.class)
        .hasMessageContaining("has no tensor \"F32\"");
    assertThatThrownBy(() -> file.tensor("F32")).isInstanceOf(CurrywurstException.class);
  }

  private void refuses(String header, int dataBytes, String problem) throws IOException {
    Path path = safetensors(folder, header, dataBytes);
    assertThatThrownBy(() -> Safetensors.open(path))
        .isInstanceOf(CurrywurstException.class)
        .hasMessageStartingWith("Cannot read " + path + ": " + problem);
  }
}

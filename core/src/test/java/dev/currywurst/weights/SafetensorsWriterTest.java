package dev.currywurst.weights;

import static dev.currywurst.weights.WeightFixtures.resource;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.currywurst.tensor.CurrywurstException;
import dev.currywurst.tensor.DType;
import dev.currywurst.tensor.Scope;
import dev.currywurst.tensor.Tensor;
import dev.currywurst.testkit.Fixtures;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class SafetensorsWriterTest {
  @TempDir Path folder;

  @Test
  void writesTheSameBytesAsTheReference() throws IOException {
    Path copy = folder.resolve("copy.safetensors");
    for (Path original :
        List.of(
            resource("types.safetensors"),
            Fixtures.wuerstchen().resolve("prior/prior/diffusion_pytorch_model.safetensors"),
            Fixtures.wuerstchen().resolve("decoder/vqgan/diffusion_pytorch_model.safetensors"))) {
      SafetensorsWriter.write(copy, WeightFile.open(original), Map.of());
      assertThat(copy).as("%s", original).hasSameBinaryContentAs(original);
    }
  }

  @Test
  void writesTensorsOfEveryTypeAndLayout() {
    Path path = folder.resolve("tensors.safetensors");
    try (Scope scope = Scope.open()) {
      Map<String, Tensor> tensors = new LinkedHashMap<>();
      Tensor matrix = Tensor.of(new float[] {1, 2, 3, 4, 5, 6}, 2, 3);
      for (DType dtype : DType.values()) {
        tensors.put("as " + dtype, matrix.to(dtype));
      }
      tensors.put("transposed", matrix.transpose(0, 1));
      tensors.put("scalar", Tensor.full(7, DType.FLOAT32));
      tensors.put("empty", Tensor.zeros(DType.FLOAT16, 0, 2));
      tensors.put("trained", matrix.copy().requiresGrad(true));
      SafetensorsWriter.write(path, tensors, Map.of("title", "a \"test\"\n"));

      WeightFile file = WeightFile.open(path);
      assertThat(file.metadata()).isEqualTo(Map.of("format", "pt", "title", "a \"test\"\n"));
      assertThat(file.names()).containsExactlyInAnyOrderElementsOf(tensors.keySet());
      tensors.forEach(
          (name, tensor) -> {
            assertThat(file.tensor(name).dtype()).isEqualTo(tensor.dtype());
            assertThat(file.tensor(name).shape()).isEqualTo(tensor.shape());
            assertThat(file.tensor(name).toFloats()).isEqualTo(tensor.detach().toFloats());
          });
    }
  }

  @Test
  void ordersByAlignmentThenName() {
    Path path = folder.resolve("order.safetensors");
    try (Scope scope = Scope.open()) {
      Map<String, Tensor> tensors = new LinkedHashMap<>();
      tensors.put("b", Tensor.zeros(DType.UINT8, 3));
      tensors.put("z", Tensor.zeros(DType.FLOAT32, 1));
      tensors.put("a", Tensor.zeros(DType.FLOAT32, 1));
      tensors.put("h", Tensor.zeros(DType.FLOAT16, 1));
      tensors.put("n", Tensor.zeros(DType.INT64, 1));
      SafetensorsWriter.write(path, tensors);
    }
    assertThat(WeightFile.open(path).names()).containsExactly("n", "a", "z", "h", "b");
  }

  @Test
  void keepsTheFormatThatIsAskedFor() {
    Path path = folder.resolve("np.safetensors");
    SafetensorsWriter.write(path, Map.of(), Map.of("format", "np"));
    assertThat(WeightFile.open(path).metadata()).isEqualTo(Map.of("format", "np"));
  }

  @Test
  void replacesTheFileItsOwnTensorsAreMappedFrom() throws IOException {
    Path path = Files.copy(resource("types.safetensors"), folder.resolve("model.safetensors"));
    try (Scope scope = Scope.open()) {
      WeightFile file = WeightFile.open(path);
      Tensor old = file.tensor("F32.matrix");
      SafetensorsWriter.write(path, Map.of("F32.matrix", old.plus(10)));
      assertThat(old.toFloats()).as("the old map").containsExactly(2, 1, 0, 1, 2, 3);
      assertThat(WeightFile.open(path).tensor("F32.matrix").toFloats())
          .as("the new file")
          .containsExactly(12, 11, 10, 11, 12, 13);
      SafetensorsWriter.write(path, file, Map.of());
      assertThat(path).hasSameBinaryContentAs(resource("types.safetensors"));
    }
    assertThat(files()).containsExactly("model.safetensors");
  }

  @Test
  void leavesTheOldFileWhenTheDiskIsFull() throws IOException {
    Path path = Files.writeString(folder.resolve("model.safetensors"), "old");
    assertThatThrownBy(
            () ->
                AtomicFile.write(
                    path,
                    channel -> {
                      channel.write(ByteBuffer.allocate(1000));
                      throw new IOException("No space left on device");
                    }))
        .isInstanceOf(CurrywurstException.class)
        .hasMessage(
            "Cannot write "
                + path
                + ": the disk is full; free some space or choose another folder; nothing was"
                + " changed.");
    assertThat(path).hasContent("old");
    assertThat(files()).containsExactly("model.safetensors");
  }

  @Test
  void leavesNoHalfFileWhenATensorFails() throws IOException {
    Path path = folder.resolve("model.safetensors");
    WeightFile broken = WeightFile.open(resource("views.zip.pt"));
    assertThatThrownBy(() -> SafetensorsWriter.write(path, broken, Map.of()))
        .isInstanceOf(CurrywurstException.class)
        .hasMessageContaining("tensor \"state_dict.repeated\" repeats its elements");
    assertThat(files()).isEmpty();
  }

  @Test
  void saysWhyAFileCannotBeWritten() {
    Path nowhere = folder.resolve("absent/model.safetensors");
    assertThatThrownBy(() -> SafetensorsWriter.write(nowhere, Map.of()))
        .isInstanceOf(CurrywurstException.class)
        .hasMessageContaining("there is no folder " + folder.resolve("absent"));
    try (Scope scope = Scope.open()) {
      Map<String, Tensor> reserved = Map.of("__metadata__", Tensor.full(1, DType.FLOAT32));
      assertThatThrownBy(() -> SafetensorsWriter.write(folder.resolve("x"), reserved))
          .isInstanceOf(CurrywurstException.class)
          .hasMessageContaining("the name that safetensors keeps for its metadata");
    }
  }

  private List<String> files() throws IOException {
    try (Stream<Path> files = Files.list(folder)) {
      return new ArrayList<>(files.map(file -> file.getFileName().toString()).toList());
    }
  }
}

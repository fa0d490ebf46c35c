package dev.currywurst.weights;

import static dev.currywurst.weights.WeightFixtures.resource;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.currywurst.tensor.CurrywurstException;
import dev.currywurst.tensor.DType;
import dev.currywurst.tensor.Scope;
import dev.currywurst.tensor.Tensor;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class ShardedWeightsTest {
  private static final String FIRST = "model-00001-of-00002.safetensors";
  private static final String SECOND = "model-00002-of-00002.safetensors";

  @TempDir Path folder;

  @BeforeEach
  void writeShards() {
    try (Scope scope = Scope.open()) {
      SafetensorsWriter.write(folder.resolve(FIRST), Map.of("a", Tensor.full(1, DType.FLOAT32)));
      SafetensorsWriter.write(
          folder.resolve(SECOND),
          Map.of("b", Tensor.full(2, DType.FLOAT32), "c", Tensor.full(3, DType.FLOAT32)));
    }
  }

  @Test
  void readsEachTensorFromItsShard() throws IOException {
    WeightFile file =
        WeightFile.open(
            index(
                """
                {"metadata": {"total_size": 12},
                 "weight_map": {"b": "%2$s", "a": "%1$s", "c": "%2$s"}}
                """));
    assertThat(file.names()).containsExactly("b", "a", "c");
    assertThat(file.entry("c").type()).isEqualTo(StoredType.F32);
    try (Scope scope = Scope.open()) {
      assertThat(file.tensor("a").item()).isEqualTo(1);
      assertThat(file.tensor("b").item()).isEqualTo(2);
      assertThat(file.tensor("c").item()).isEqualTo(3);
    }
    assertThatThrownBy(() -> file.entry("d")).hasMessageContaining("has no tensor \"d\"");
  }

  @Test
  void readsPyTorchShards() throws IOException {
    Files.copy(resource("types.zip.pt"), folder.resolve("pytorch_model-1.bin"));
    WeightFile file =
        WeightFile.open(index("{\"weight_map\": {\"scalar\": \"pytorch_model-1.bin\"}}"));
    try (Scope scope = Scope.open()) {
      assertThat(file.tensor("scalar").item()).isEqualTo(2.5);
    }
  }

  @Test
  void namesMissingShards() throws IOException {
    Files.delete(folder.resolve(SECOND));
    refuses(
        "{\"weight_map\": {\"a\": \"%s\", \"b\": \"%s\"}}",
        "1 of its 2 shards are missing beside it: " + SECOND + "; fetch them too");
  }

  @Test
  void namesTensorsThatTheShardDoesNotHave() throws IOException {
    refuses(
        "{\"weight_map\": {\"a\": \"%1$s\", \"x\": \"%1$s\"}}",
        "1 of its tensors are not in the shards it names, such as \"x\" in " + FIRST);
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "../secret.safetensors",
        "/etc/passwd",
        "..",
        "",
        "a\\\\b",
        "C:x",
        "a\\u0000b",
        ".hidden",
        "model.safetensors.index.json"
      })
  void staysInItsFolder(String shard) throws IOException {
    refuses("{\"weight_map\": {\"a\": \"" + shard + "\"}}", "its weight_map places \"a\" in \"");
  }

  @Test
  void refusesBrokenIndexes() throws IOException {
    refuses("", "it has no weight_map");
    refuses("{", "it is not valid JSON");
    refuses("[]", "it has no weight_map");
    refuses("{\"weight_map\": {}}", "it has no weight_map");
    refuses(
        "{\"weight_map\": {\"a\": 1}}", "its weight_map gives \"a\" something else than a file");
    refuses("{\"weight_map\": {\"a\": \"x\", \"a\": \"y\"}}", "its weight_map names \"a\" twice");
    refuses("{\"x\": " + "[".repeat(100_000), "it is not valid JSON");
    refuses(" ".repeat(17_000_000), "it is too large for an index of shards");
    assertThatThrownBy(() -> WeightFile.open(folder.resolve("absent.index.json")))
        .isInstanceOf(CurrywurstException.class)
        .hasMessageContaining("there is no such file");
  }

  private Path index(String json) throws IOException {
    return Files.writeString(
        folder.resolve("model.safetensors.index.json"), json.formatted(FIRST, SECOND));
  }

  private void refuses(String json, String problem) throws IOException {
    Path index = index(json);
    assertThatThrownBy(() -> WeightFile.open(index))
        .isInstanceOf(CurrywurstException.class)
        .hasMessageStartingWith("Cannot read " + index + ": " + problem);
  }
}

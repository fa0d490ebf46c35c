package dev.currywurst.train;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.currywurst.lora.LoraFile;
import dev.currywurst.lora.LoraTarget;
import dev.currywurst.tensor.CurrywurstException;
import dev.currywurst.tensor.Engine;
import dev.currywurst.tensor.Scope;
import dev.currywurst.tensor.Tensor;
import dev.currywurst.train.optim.Learner;
import dev.currywurst.train.stage.StageName;
import dev.currywurst.train.testing.TinyRun;
import dev.currywurst.weights.WeightFile;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;
import java.util.function.Predicate;
import java.util.stream.Collectors;
import org.assertj.core.data.Offset;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What is not trained stays as it is, bit by bit, and no checkpoint holds anything about it. */
class FrozenWeightsTest {
  private static final String PRIOR = "prior/prior/diffusion_pytorch_model.safetensors";
  private static final String TOWER = "prior/text_encoder/model.safetensors";

  @TempDir private static Path folder = Path.of("");
  private static TinyRun tiny = new TinyRun(folder);
  private static Path base = folder;

  @BeforeAll
  static void model() throws IOException {
    // A second thread gains nothing on networks this small, and loses much on a busy machine.
    Engine.setThreads(1);
    tiny = new TinyRun(folder).withPictures(20);
    // The first step of a warm-up has a rate of 0, and a last layer of zeros hides all others.
    base = tiny.wholeModel(3);
  }

  private Path train(String output, List<String> train, String... frozen) {
    ObjectNode config = TinyRun.config();
    ObjectNode objective = config.putObject("objective");
    train.forEach(objective.putArray("train")::add);
    List.of(frozen).forEach(objective.withArray("freeze")::add);
    config.putObject("validation").put("pictures", 0);
    return TinyRun.train(
        tiny.request(StageName.STAGE_C, folder.resolve(output), Optional.of(base), 4, config));
  }

  private static Set<String> changed(Path before, Path after) {
    WeightFile old = WeightFile.open(before);
    WeightFile now = WeightFile.open(after);
    assertThat(now.names()).isEqualTo(old.names());
    Set<String> changed = new TreeSet<>();
    for (String name : now.names()) {
      try (Scope scope = Scope.open()) {
        if (!Arrays.equals(now.tensor(name).toFloats(), old.tensor(name).toFloats())) {
          changed.add(name);
        }
      }
    }
    return changed;
  }

  private Set<String> names(String file, Predicate<String> which) {
    return WeightFile.open(base.resolve(file)).names().stream()
        .filter(which)
        .collect(Collectors.toCollection(TreeSet::new));
  }

  /** For each thing that a checkpoint keeps of a weight, the weights' names. */
  private Set<String> kept(String output) {
    return WeightFile.open(
            folder.resolve(output).resolve("checkpoints/step-00000004/state.safetensors"))
        .names()
        .stream()
        .filter(name -> !name.equals(Learner.SKIPPED))
        .collect(Collectors.toSet());
  }

  @Test
  void attentionAlone() {
    Path tuned = train("attention", List.of("attention"));
    Set<String> attention = names(PRIOR, name -> name.contains(".attention."));
    assertThat(changed(base.resolve(PRIOR), tuned.resolve(PRIOR))).isEqualTo(attention);
    assertThat(tuned.resolve(TOWER)).hasSameBinaryContentAs(base.resolve(TOWER));
    assertThat(kept("attention"))
        .hasSize(4 * attention.size())
        .allMatch(name -> name.matches("(weight|mean|square|average)\\.prior\\..*attention.*"));
  }

  @Test
  void theTextTowerAlone() {
    Path tuned = train("text", List.of("text"));
    assertThat(changed(base.resolve(PRIOR), tuned.resolve(PRIOR))).isEmpty();
    assertThat(changed(base.resolve(TOWER), tuned.resolve(TOWER)))
        .contains("text_model.final_layer_norm.weight");
    assertThat(kept("text")).allMatch(name -> name.contains(".text_encoder."));
  }

  @Test
  void namedPartsWithoutOthers() {
    Path tuned = train("parts", List.of("blocks.0", "out"), "*.bias");
    assertThat(changed(base.resolve(PRIOR), tuned.resolve(PRIOR)))
        .isEqualTo(
            names(PRIOR, name -> name.matches("(blocks\\.0|out)\\..*") && !name.endsWith("bias")));
  }

  /** Only what is added is trained and kept; the model has it in it. */
  @Test
  void aLoraBesideThem() {
    ObjectNode config = TinyRun.config();
    ObjectNode objective = config.putObject("objective");
    objective.put("lora_rank", 2).putArray("lora_dialects").add("diffusers").add("kohya");
    config.putObject("validation").put("pictures", 0);
    Path tuned =
        TinyRun.train(
            tiny.request(StageName.STAGE_C, folder.resolve("lora"), Optional.of(base), 4, config));
    Set<String> adapted = names(PRIOR, name -> name.matches(".*\\.attention\\..*weight"));
    assertThat(kept("lora"))
        .hasSize(4 * 2 * adapted.size())
        .allMatch(name -> name.matches("\\w+\\.prior\\..*\\.lora_[AB]\\.weight"));
    assertThat(changed(base.resolve(PRIOR), tuned.resolve(PRIOR))).isEqualTo(adapted);

    Path files = folder.resolve("lora/lora");
    LoraFile lora = LoraFile.open(files.resolve("pytorch_lora_weights.safetensors"));
    assertThat(lora.layers()).hasSameSizeAs(adapted);
    assertThat(LoraFile.open(files.resolve("kohya.safetensors")).layers().keySet())
        .isEqualTo(lora.layers().keySet());
  }

  /** A step changes a number by about its learning rate of 1e-3. */
  @Test
  void aLoraThatGoesOn() throws IOException {
    Path first = trainLora("first", Optional.empty(), 2, 30);
    Path further = trainLora("further", Optional.of(first), 2, 1);
    LoraFile before = LoraFile.open(first);
    LoraFile after = LoraFile.open(further);
    try (Scope scope = Scope.open()) {
      for (LoraTarget target : before.layers().keySet()) {
        Tensor up = before.factors(target).up(); // Begins with zeros.
        assertThat(up.abs().max().item()).isGreaterThan(4e-3);
        assertThat(after.factors(target).up().toFloats())
            .containsExactly(up.toFloats(), Offset.offset(2e-3f));
        assertThat(after.factors(target).down().toFloats())
            .containsExactly(before.factors(target).down().toFloats(), Offset.offset(2e-3f));
      }
    }
    Path moved = Files.copy(first, folder.resolve("moved.safetensors"));
    assertThat(trainLora("further", Optional.of(moved), 2, 1)).exists();
    assertThatThrownBy(() -> trainLora("further", Optional.of(further), 2, 1))
        .isInstanceOf(CurrywurstException.class)
        .hasMessageContaining("belongs to another run: objective.lora_from");
    assertThatThrownBy(() -> trainLora("wider", Optional.of(first), 4, 1))
        .isInstanceOf(CurrywurstException.class)
        .hasMessageContaining("is of rank 2")
        .hasMessageContaining("rank 4 was asked for");
    Path missing = folder.resolve("none.safetensors");
    assertThatThrownBy(() -> trainLora("lost", Optional.of(missing), 2, 1))
        .isInstanceOf(CurrywurstException.class)
        .hasMessage(
            "There is no LoRA to begin with at %s; give a file, or peft's folder.", missing);
  }

  private static Path trainLora(String output, Optional<Path> from, int rank, int steps) {
    ObjectNode config = TinyRun.config();
    ObjectNode objective = config.putObject("objective").put("lora_rank", rank);
    from.ifPresent(file -> objective.put("lora_from", file.toString()));
    config.putObject("validation").put("pictures", 0);
    Path place = folder.resolve(output);
    Path unused =
        TinyRun.train(tiny.request(StageName.STAGE_C, place, Optional.of(base), steps, config));
    return place.resolve("lora/pytorch_lora_weights.safetensors");
  }
}

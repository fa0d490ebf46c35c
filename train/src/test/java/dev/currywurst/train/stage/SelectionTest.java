package dev.currywurst.train.stage;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.currywurst.tensor.CurrywurstException;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.Function;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;

class SelectionTest {
  private static final List<String> NAMES =
      List.of(
          "prior.projection.weight",
          "prior.blocks.1.mapper.weight",
          "prior.blocks.2.attention.to_q.weight",
          "prior.blocks.2.attention.to_q.bias",
          "prior.blocks.2.kv_mapper.1.weight",
          "prior.blocks.20.attention.to_q.weight",
          "text_encoder.text_model.final_layer_norm.bias");

  private static Set<String> selected(List<String> wanted, String... frozen) {
    Map<String, String> weights =
        NAMES.stream().collect(Collectors.toMap(Function.identity(), Function.identity()));
    return new Selection(wanted, List.of(frozen)).of(weights).keySet();
  }

  @Test
  void knowsThreeWords() {
    assertThat(selected(List.of("all"))).hasSize(6).allMatch(name -> name.startsWith("prior."));
    assertThat(selected(List.of("attention")))
        .hasSize(3)
        .allMatch(name -> name.contains(".attention."));
    assertThat(selected(List.of("text"))).containsExactly(NAMES.get(6));
    assertThat(selected(List.of("text", "attention"))).hasSize(4);
  }

  @Test
  void knowsNamesAndPatterns() {
    assertThat(selected(List.of("projection.weight"))).containsExactly(NAMES.get(0));
    assertThat(selected(List.of("prior.projection"))).containsExactly(NAMES.get(0));
    assertThat(selected(List.of("blocks.2"))).as("not blocks.20").hasSize(3);
    assertThat(selected(List.of("blocks.*.attention"))).hasSize(3);
    assertThat(selected(List.of("*.bias"))).hasSize(1);
    assertThat(selected(List.of("text_encoder.*.bias"))).containsExactly(NAMES.get(6));
    assertThat(selected(List.of("/blocks\\.(1|20)\\./"))).hasSize(2);
  }

  @Test
  void leavesOutWhatIsFrozen() {
    assertThat(selected(List.of("all"), "attention")).hasSize(3);
    assertThat(selected(List.of("attention"), "/bias$/", "blocks.20"))
        .containsExactly("prior.blocks.2.attention.to_q.weight");
  }

  @Test
  void refusesWhatFindsNothing() {
    assertThatThrownBy(() -> selected(List.of("attention", "blocks.3")))
        .isInstanceOf(CurrywurstException.class)
        .hasMessageContaining("No weight is called blocks.3; there are, for example, ");
    assertThatThrownBy(() -> selected(List.of("attention"), "blocks.*"))
        .isInstanceOf(CurrywurstException.class)
        .hasMessageContaining("Nothing is left to train of attention without blocks.*");
    assertThatThrownBy(() -> selected(List.of("/(/")))
        .isInstanceOf(CurrywurstException.class)
        .hasMessageContaining("/(/ is no regular expression");
  }
}

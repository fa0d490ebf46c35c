package dev.currywurst.hub;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.currywurst.tensor.CurrywurstException;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class ModelNameTest {
  @Test
  void readsTheRevision() {
    assertThat(ModelName.parse("warp-ai/wuerstchen"))
        .isEqualTo(new ModelName("warp-ai", "wuerstchen", "main"));
    assertThat(ModelName.parse("a/b.c_d@refs/pr/1").revision()).isEqualTo("refs/pr/1");
    assertThat(ModelName.parse("a/b@v1")).hasToString("a/b@v1");
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "",
        "name",
        "/name",
        "owner/",
        "a/b/c",
        "../b",
        "a/..",
        "a/b..c",
        "a/b--c",
        "-a/b",
        "a/b.",
        "a/b.git",
        "a b/c",
        "a\\b/c",
        "C:/b",
        "a/b@",
        "a/b@../x",
        "a/b@x/../y",
        "a/b@/x",
        "a/b@x/",
        "a/b@x y",
        "a/b@x:y",
        "a/b@.x",
        "a/b@x.lock"
      })
  void refusesWhatIsNoModel(String text) {
    assertThatThrownBy(() -> ModelName.parse(text))
        .isInstanceOf(CurrywurstException.class)
        .hasMessageContaining("is not");
  }
}

package dev.currywurst.hub;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.currywurst.tensor.CurrywurstException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.DisabledOnOs;
import org.junit.jupiter.api.condition.OS;
import org.junit.jupiter.api.io.TempDir;

class HubEnvironmentTest {
  @TempDir Path folder;

  @Test
  @DisabledOnOs(OS.WINDOWS)
  void findsTheCacheWherePythonDoes() {
    assertThat(cache("HOME", "/h")).isEqualTo("/h/.cache/huggingface/hub");
    assertThat(cache("HOME", "/h", "XDG_CACHE_HOME", "/x")).isEqualTo("/x/huggingface/hub");
    assertThat(cache("XDG_CACHE_HOME", "/x", "HF_HOME", "/hf")).isEqualTo("/hf/hub");
    assertThat(cache("HF_HOME", "/hf", "HF_HUB_CACHE", "/c")).isEqualTo("/c");
    assertThat(cache("HUGGINGFACE_HUB_CACHE", "/old", "HF_HOME", "/hf")).isEqualTo("/old");
    assertThat(cache("HOME", "/h", "HF_HOME", "~/models")).isEqualTo("/h/models/hub");
    assertThat(cache("HF_HOME", "${DISK}/hf", "DISK", "/mnt")).isEqualTo("/mnt/hf/hub");
    assertThat(cache("HOME", "/h", "HF_HUB_CACHE", "")).isEqualTo("/h/.cache/huggingface/hub");
  }

  @Test
  @DisabledOnOs(OS.WINDOWS)
  void keepsOurOwnFilesWhereTheirUserWantsThem() {
    assertThat(environment("HOME", "/h").ownCache()).hasToString("/h/.cache/currywurst");
    assertThat(environment("HOME", "/h", "XDG_CACHE_HOME", "/x").ownCache())
        .hasToString("/x/currywurst");
    assertThat(environment("XDG_CACHE_HOME", "/x", "CURRYWURST_CACHE", "/c").ownCache())
        .hasToString("/c");
  }

  @Test
  void takesTheTokenFromTheEnvironmentOrTheLogin() throws IOException {
    Files.writeString(folder.resolve("token"), "hf_stored\n");
    Path other = Files.writeString(folder.resolve("other"), "hf_other");

    assertThat(environment("HF_HOME", folder.toString()).token()).contains("hf_stored");
    assertThat(environment("HF_HOME", "" + folder, "HF_TOKEN_PATH", "" + other).token())
        .contains("hf_other");
    assertThat(environment("HF_HOME", folder.toString(), "HF_TOKEN", " hf_own\n").token())
        .contains("hf_own");
    assertThat(environment("HF_HOME", folder.resolve("none").toString()).token()).isEmpty();
    assertThatThrownBy(() -> environment("HF_TOKEN", "hf_s3cret\nX-Evil: 1").token())
        .isInstanceOf(CurrywurstException.class)
        .hasMessageNotContaining("s3cret");
  }

  @Test
  void readsTheSwitches() {
    assertThat(environment("HF_HUB_OFFLINE", "1").offline()).isTrue();
    assertThat(environment("HF_HUB_OFFLINE", "true").offline()).isTrue();
    assertThat(environment("HF_HUB_OFFLINE", "0").offline()).isFalse();
    assertThat(environment("TRANSFORMERS_OFFLINE", "yes").offline()).isTrue();
    assertThat(environment().offline()).isFalse();
    assertThat(environment().endpoint()).hasToString("https://huggingface.co");
    assertThat(environment("HF_ENDPOINT", "https://mirror.example/hf/").endpoint())
        .hasToString("https://mirror.example/hf");
    assertThatThrownBy(() -> environment("HF_ENDPOINT", "mirror.example").endpoint())
        .isInstanceOf(CurrywurstException.class)
        .hasMessageContaining("HF_ENDPOINT is \"mirror.example\"");
  }

  private static String cache(String... variables) {
    return environment(variables).cache().toString();
  }

  private static HubEnvironment environment(String... variables) {
    Map<String, String> map = new java.util.HashMap<>();
    for (int i = 0; i < variables.length; i += 2) {
      map.put(variables[i], variables[i + 1]);
    }
    return new HubEnvironment(map);
  }
}

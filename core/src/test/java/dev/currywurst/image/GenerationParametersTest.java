package dev.currywurst.image;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class GenerationParametersTest {
  private static Map<String, String> settings() {
    Map<String, String> settings = new LinkedHashMap<>();
    settings.put(GenerationParameters.STEPS, "20");
    settings.put(GenerationParameters.SAMPLER, "DDPM");
    settings.put(GenerationParameters.CFG_SCALE, "4.0");
    settings.put(GenerationParameters.SEED, "42");
    settings.put(GenerationParameters.SIZE, "1024x1024");
    return settings;
  }

  @Test
  void looksAsGalleriesExpect() {
    Map<String, String> settings = settings();
    settings.put(GenerationParameters.MODEL, "foxes, red: the best");
    assertThat(new GenerationParameters("a red fox,\nwatercolour", "blurry", settings).format())
        .isEqualTo(
            """
            a red fox,
            watercolour
            Negative prompt: blurry
            Steps: 20, Sampler: DDPM, CFG scale: 4.0, Seed: 42, Size: 1024x1024, Model: "foxes, red: the best"\
            """);
  }

  @Test
  void readsWhatTheOriginalWrites() {
    GenerationParameters parameters =
        GenerationParameters.parse(
            """
            masterpiece, (fox:1.2) <lora:snow:0.8>
            Negative prompt: lowres,
            bad anatomy
            Steps: 28, Sampler: DPM++ 2M Karras, CFG scale: 7, Seed: 1234567890, Size: 512x768, \
            Model hash: 6ce0161689, Model: v1-5-pruned, Lora hashes: "snow: 0123abcd, ice: 4567", \
            Version: v1.6.0
            """);
    assertThat(parameters.prompt()).isEqualTo("masterpiece, (fox:1.2) <lora:snow:0.8>");
    assertThat(parameters.negativePrompt()).isEqualTo("lowres,\nbad anatomy");
    assertThat(parameters.setting("Sampler")).contains("DPM++ 2M Karras");
    assertThat(parameters.setting("Lora hashes")).contains("snow: 0123abcd, ice: 4567");
    assertThat(parameters.settings()).hasSize(9).containsEntry("Version", "v1.6.0");
  }

  @Test
  void fewerThanThreeSettingsAreAPrompt() {
    assertThat(GenerationParameters.parse("a fox\nSteps: 20, Seed: 1"))
        .isEqualTo(new GenerationParameters("a fox\nSteps: 20, Seed: 1", "", Map.of()));
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "",
        " ",
        "a fox",
        "two\nlines",
        "\n\nempty lines\n\n",
        "  spaces around  ",
        "a sign that says\nNegative prompt: no foxes",
        "Negative prompt: at once",
        "Steps: 1, Seed: 2, Size: 3x3",
        "the last line\nSteps: 1, Seed: 2, Size: 3x3",
        "quotes \" and \\ backslashes, \"a: b\", \\\"",
        "windows\r\nlines",
        "tabs\tand \u0001 controls",
        "日本語の狐, عربى",
        "a 🦊 and 👩‍👩‍👧‍👦 outside the basic plane \ud83e\udd8a",
        "half a pair \ud83e",
        "line separators \u2028 \u2029 \u0085 \u000b",
        "\ufeffbyte order mark",
        "Exact prompt: \"other\", Exact negative prompt: \"x\", Seed: 1"
      })
  void anyPromptComesBack(String nasty) {
    GenerationParameters asPrompt = new GenerationParameters(nasty, "blurry", settings());
    assertThat(GenerationParameters.parse(asPrompt.format())).isEqualTo(asPrompt);

    GenerationParameters asNegative = new GenerationParameters("a fox", nasty, settings());
    assertThat(GenerationParameters.parse(asNegative.format())).isEqualTo(asNegative);

    Map<String, String> settings = settings();
    settings.put("Note", nasty);
    GenerationParameters asSetting = new GenerationParameters("a fox", "", settings);
    assertThat(GenerationParameters.parse(asSetting.format())).isEqualTo(asSetting);
  }

  @Test
  void randomTextComesBack() {
    long seed = new Random().nextLong();
    Random random = new Random(seed);
    for (int i = 0; i < 2000; i++) {
      Map<String, String> settings = settings();
      settings.put("Note", text(random));
      GenerationParameters parameters =
          new GenerationParameters(text(random), text(random), settings);
      assertThat(GenerationParameters.parse(parameters.format()))
          .as("seed " + seed)
          .isEqualTo(parameters);
    }
  }

  /** Pieces that mean something in this layout, in any order. */
  private static String text(Random random) {
    String[] pieces = {
      "\n", " ", ",", ":", "\"", "\\", "Negative prompt:", "Steps: 1", "Seed", "é", "狐", "🦊", "\t"
    };
    StringBuilder text = new StringBuilder();
    for (int i = random.nextInt(8); i > 0; i--) {
      text.append(pieces[random.nextInt(pieces.length)]);
    }
    return text.toString();
  }

  @Test
  void longValuesAreNoTrouble() {
    Map<String, String> settings = settings();
    settings.put("Note", "a, \"b\" ".repeat(100_000));
    GenerationParameters parameters = new GenerationParameters("x".repeat(100_000), "", settings);
    assertThat(GenerationParameters.parse(parameters.format())).isEqualTo(parameters);
  }

  @Test
  void foreignTextIsNeverRefused() {
    long seed = new Random().nextLong();
    Random random = new Random(seed);
    for (int i = 0; i < 2000; i++) {
      String text = text(random) + "\n" + text(random) + text(random) + text(random);
      assertThat(GenerationParameters.parse(text)).as("seed " + seed).isNotNull();
    }
  }

  @Test
  void settingsNeedReadableNames() {
    assertThatThrownBy(() -> new GenerationParameters("", "", Map.of("a:b", "x")))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("a:b");
  }
}

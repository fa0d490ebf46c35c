package dev.currywurst.weights;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.currywurst.tensor.CurrywurstException;
import java.util.List;
import java.util.function.Consumer;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

class ConfigFileTest {
  private static ConfigFile config(String json) throws JsonProcessingException {
    return ConfigFile.of("config.json", new ObjectMapper().readTree(json));
  }

  static List<Arguments> wrongValues() {
    return List.of(
        wrong("{\"a\": \"x\"}", c -> c.intValue(0, "a"), "\"x\" where a whole number"),
        wrong("{\"a\": 1.5}", c -> c.intValue(0, "a"), "1.5 where a whole number"),
        wrong("{\"a\": \"1\"}", c -> c.doubleValue(0, "a"), "\"1\" where a number"),
        wrong("{\"a\": 1e999}", c -> c.doubleValue(0, "a"), "where a number"),
        wrong("{\"a\": 1}", c -> c.booleanValue(true, "a"), "1 where true or false"),
        wrong("{\"a\": 1}", c -> c.stringValue("", "a"), "1 where a string"),
        wrong("{\"a\": 1}", c -> c.intList(List.of(), "a"), "1 where a list"),
        wrong("{\"a\": [1, \"2\"]}", c -> c.intList(List.of(), "a"), "\"2\" where a whole"),
        wrong("{\"a\": [\"0.1\"]}", c -> c.doubleList(List.of(), "a"), "\"0.1\" where a number"),
        wrong("{\"a\": [null]}", c -> c.doubleList(List.of(), "a"), "null where a number"),
        wrong("{\"a\": [1, 2]}", c -> c.stringList(List.of(), "a"), "1 where a string"),
        wrong("{\"a\": [\"true\"]}", c -> c.booleanList(List.of(), "a"), "\"true\" where true"),
        wrong("{\"a\": [1]}", c -> c.objects("a"), "config.json, a does not hold a JSON object"));
  }

  private static Arguments wrong(String json, Consumer<ConfigFile> reading, String sentence) {
    return Arguments.of(json, reading, sentence);
  }

  @ParameterizedTest
  @MethodSource("wrongValues")
  void refusesValuesOfAnotherKind(String json, Consumer<ConfigFile> reading, String sentence)
      throws JsonProcessingException {
    ConfigFile config = config(json);
    assertThatThrownBy(() -> reading.accept(config))
        .isInstanceOf(CurrywurstException.class)
        .hasMessageStartingWith("config.json")
        .hasMessageContaining(sentence);
  }

  @Test
  void readsListsAndFallsBackWhereThereIsNone() throws JsonProcessingException {
    ConfigFile config = config("{\"a\": [0.5, 1], \"b\": [true, false], \"c\": null}");
    assertThat(config.doubleList(List.of(), "a")).containsExactly(0.5, 1.0);
    assertThat(config.booleanList(List.of(), "b")).containsExactly(true, false);
    assertThat(config.stringList(List.of("x"), "c")).containsExactly("x");
    config.requireAllKnown();
  }

  @Test
  void refusesKeysThatNobodyAskedFor() throws JsonProcessingException {
    ConfigFile config = config("{\"a\": 1, \"width\": 2, \"_note\": 3}");
    config.intValue(0, "a");
    assertThatThrownBy(config::requireAllKnown)
        .isInstanceOf(CurrywurstException.class)
        .hasMessageContaining("settings that this network does not know: width");
  }
}

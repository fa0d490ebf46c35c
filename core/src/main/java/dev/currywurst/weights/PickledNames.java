package dev.currywurst.weights;

import dev.currywurst.tensor.CurrywurstException;
import dev.currywurst.weights.PickleValue.PickledDict;
import dev.currywurst.weights.PickleValue.PickledList;
import dev.currywurst.weights.PickleValue.PickledTensor;
import dev.currywurst.weights.PickleValue.PickledTuple;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * Finds the tensors in what a pickle describes and names them by their path. Values may be shared,
 * even contain themselves, so the walk is bounded in every direction.
 */
final class PickledNames {
  private static final int MOST_VISITS = 1_000_000;

  private static final int LONGEST_NAME = 1024;

  /** A checkpoint of 10,000 tensors has a million characters of names. */
  private static final int MOST_CHARACTERS = 16_000_000;

  private final Path file;
  private final Map<String, PickledTensor> tensors = new LinkedHashMap<>();
  private final StringBuilder path = new StringBuilder();
  private int visits;
  private long characters;

  private PickledNames(Path file) {
    this.file = file;
  }

  static Map<String, PickledTensor> of(Path file, PickleValue value) {
    if (value instanceof PickledTensor) {
      throw Refusal.of(file, "it holds one tensor without a name instead of a state_dict");
    }
    PickledNames names = new PickledNames(file);
    names.visit(value, 0);
    if (names.tensors.isEmpty()) {
      throw Refusal.of(file, "it holds no tensors");
    }
    return names.tensors;
  }

  private void visit(PickleValue value, int depth) {
    if (++visits > MOST_VISITS) {
      throw Refusal.of(file, "its pickle holds more than " + MOST_VISITS + " values");
    }
    if (depth > PickleReader.DEEPEST) {
      throw tooDeep();
    }
    if (value instanceof PickledTensor tensor) {
      add(tensor);
    } else if (value instanceof PickledDict dict) {
      dict.items().forEach((key, item) -> visit(String.valueOf(key), item, depth));
    } else if (value instanceof PickledList list) {
      visitAll(list.items(), depth);
    } else if (value instanceof PickledTuple tuple) {
      visitAll(tuple.items(), depth);
    }
  }

  private void visitAll(List<PickleValue> items, int depth) {
    for (int i = 0; i < items.size(); i++) {
      visit(Integer.toString(i), items.get(i), depth);
    }
  }

  private void visit(String step, PickleValue item, int depth) {
    int length = path.length();
    if (length + step.length() >= LONGEST_NAME) {
      throw Refusal.of(file, "its pickle has a name of more than " + LONGEST_NAME + " characters");
    }
    path.append(length == 0 ? "" : ".").append(step);
    visit(item, depth + 1);
    path.setLength(length);
  }

  private void add(PickledTensor tensor) {
    characters += path.length();
    if (characters > MOST_CHARACTERS) {
      throw Refusal.of(file, "the names of its tensors have more than 16 million characters");
    }
    if (tensors.put(path.toString(), tensor) != null) {
      throw Refusal.of(file, "it has two tensors of the name " + Printable.quoted(path.toString()));
    }
  }

  private CurrywurstException tooDeep() {
    return Refusal.of(
        file, "its pickle nests more than " + PickleReader.DEEPEST + " values in each other");
  }
}

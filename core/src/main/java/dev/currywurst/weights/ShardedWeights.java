package dev.currywurst.weights;

import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.core.JsonToken;
import dev.currywurst.tensor.CurrywurstException;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;

/**
 * A model cut into several files, with an index that says which tensor lies in which: {@code
 * *.safetensors.index.json}, or {@code *.bin.index.json} for PyTorch shards.
 */
public final class ShardedWeights implements WeightFile {
  /** Real ones have well under a megabyte. */
  private static final long LONGEST_INDEX = 16_000_000;

  private final Path index;
  private final Map<String, WeightFile> shardOf;

  private ShardedWeights(Path index, Map<String, WeightFile> shardOf) {
    this.index = index;
    this.shardOf = shardOf;
  }

  /**
   * Opens the index and all its shards, which lie beside it.
   *
   * @throws CurrywurstException if the index is broken, or shards or tensors are missing
   */
  public static ShardedWeights open(Path index) {
    Map<String, String> weightMap = weightMap(index);
    Map<String, WeightFile> shards = openShards(index, weightMap);
    Map<String, WeightFile> shardOf = new LinkedHashMap<>();
    List<String> absent = new ArrayList<>();
    weightMap.forEach(
        (name, shardName) -> {
          WeightFile shard = shards.get(shardName);
          if (shard.names().contains(name)) {
            shardOf.put(name, shard);
          } else {
            absent.add(Printable.quoted(name) + " in " + shardName);
          }
        });
    if (!absent.isEmpty()) {
      throw Refusal.of(
          index,
          absent.size()
              + " of its tensors are not in the shards it names, such as "
              + absent.get(0)
              + "; index and shards come from different versions, fetch them again");
    }
    return new ShardedWeights(index, shardOf);
  }

  private static Map<String, String> weightMap(Path index) {
    try (JsonParser json = SafetensorsJson.JSON.createParser(text(index))) {
      Map<String, String> weightMap = new LinkedHashMap<>();
      if (json.nextToken() == JsonToken.START_OBJECT) {
        while (json.nextToken() == JsonToken.FIELD_NAME) {
          boolean wanted = json.currentName().equals("weight_map");
          if (json.nextToken() == JsonToken.START_OBJECT && wanted) {
            readWeightMap(index, json, weightMap);
          } else {
            json.skipChildren();
          }
        }
      }
      if (weightMap.isEmpty()) {
        throw Refusal.of(index, "it has no weight_map that says which shard holds which tensor");
      }
      return weightMap;
    } catch (JsonProcessingException e) {
      throw Refusal.of(
          index, "it is not valid JSON (" + Printable.plain(e.getOriginalMessage()) + ")", e);
    } catch (IOException e) {
      throw Refusal.io(index, e);
    }
  }

  private static String text(Path index) throws IOException {
    if (Files.size(index) > LONGEST_INDEX) {
      throw Refusal.of(index, "it is too large for an index of shards");
    }
    return new String(Files.readAllBytes(index), StandardCharsets.UTF_8);
  }

  private static void readWeightMap(Path index, JsonParser json, Map<String, String> weightMap)
      throws IOException {
    while (json.nextToken() == JsonToken.FIELD_NAME) {
      String name = Printable.quoted(json.currentName());
      if (json.nextToken() != JsonToken.VALUE_STRING) {
        throw Refusal.of(index, "its weight_map gives " + name + " something else than a file");
      }
      String shard = json.getText();
      if (!isPlainName(shard)) {
        throw Refusal.of(
            index,
            "its weight_map places "
                + name
                + " in "
                + Printable.quoted(shard)
                + ", which is not the name of a weight file beside it");
      }
      if (weightMap.put(json.currentName(), shard) != null) {
        throw Refusal.of(index, "its weight_map names " + name + " twice");
      }
    }
  }

  /** A downloaded index must not lead to files elsewhere, nor to further indices. */
  private static boolean isPlainName(String shard) {
    return !shard.isEmpty()
        && shard.length() < 256
        && !shard.startsWith(".")
        && !shard.endsWith(".json")
        && shard.chars().allMatch(c -> c > ' ' && c < 0x7f && "/\\:*?\"<>|".indexOf(c) < 0);
  }

  private static Map<String, WeightFile> openShards(Path index, Map<String, String> weightMap) {
    Map<String, Path> files = new TreeMap<>();
    for (String shard : weightMap.values()) {
      files.put(shard, index.resolveSibling(shard));
    }
    List<String> missing =
        files.entrySet().stream()
            .filter(file -> !Files.exists(file.getValue()))
            .map(Map.Entry::getKey)
            .toList();
    if (!missing.isEmpty()) {
      throw Refusal.of(
          index,
          missing.size()
              + " of its "
              + files.size()
              + " shards are missing beside it: "
              + Printable.plain(String.join(", ", missing))
              + "; fetch them too");
    }
    Map<String, WeightFile> shards = new TreeMap<>();
    files.forEach((name, file) -> shards.put(name, WeightFile.open(file)));
    return shards;
  }

  @Override
  public Path path() {
    return index;
  }

  @Override
  public Set<String> names() {
    return Collections.unmodifiableSet(shardOf.keySet());
  }

  @Override
  public Map<String, String> metadata() {
    return Map.of();
  }

  @Override
  public Entry entry(String name) {
    return shard(name).entry(name);
  }

  @Override
  public ByteBuffer bytes(String name) {
    return shard(name).bytes(name);
  }

  @Override
  public void read(String name, ByteBuffer target) {
    shard(name).read(name, target);
  }

  private WeightFile shard(String name) {
    WeightFile shard = shardOf.get(name);
    if (shard == null) {
      throw Refusal.noTensor(index, name);
    }
    return shard;
  }
}

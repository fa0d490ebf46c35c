package dev.currywurst.wuerstchen;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.currywurst.tensor.CurrywurstException;
import dev.currywurst.weights.ConfigFile;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;

/**
 * The size of a Stage B: a U-net whose levels are given as lists, the finest first.
 *
 * @param latentChannels channels of its latent, {@code c_in} and {@code c_out}
 * @param levelWidth width of the noise level's embedding, {@code c_r}
 * @param patchSize pixels of the latent that the first layer joins, {@code patch_size}
 * @param conditionWidth width of mapped text and mapped semantics, {@code c_cond}
 * @param textWidth width of the text states, {@code clip_embd}
 * @param semanticChannels channels of the Stage C latent, {@code effnet_embd}
 * @param kernel side of the depthwise kernels, {@code kernel_size}
 * @param levels from fine to coarse
 */
public record StageBConfig(
    int latentChannels,
    int levelWidth,
    int patchSize,
    int conditionWidth,
    int textWidth,
    int semanticChannels,
    int kernel,
    List<Level> levels) {

  /**
   * One resolution.
   *
   * @param width channels, {@code c_hidden}
   * @param heads attention heads, {@code nhead}; unused without attention
   * @param repeats how often the pattern stands, {@code blocks}
   * @param pattern of C (residual), T (noise level) and A (attention), {@code level_config}
   * @param seesSemantics whether its residual blocks see the Stage C latent, {@code inject_effnet}
   * @param dropout while training
   */
  public record Level(
      int width, int heads, int repeats, String pattern, boolean seesSemantics, double dropout) {
    public Level {
      if (width < 1 || repeats < 1 || !pattern.matches("C[CTA]*")) {
        throw new CurrywurstException(
            "A level of Stage B needs a width, at least one block and a pattern of C, T and A that begins with C, not %d, %d and \"%s\"."
                .formatted(width, repeats, pattern));
      }
      if (pattern.contains("A") && (heads < 1 || width % heads != 0)) {
        throw new CurrywurstException(
            "A level of Stage B with width %d cannot be split into %d attention heads."
                .formatted(width, heads));
      }
    }
  }

  /** The published model: 1055 million parameters. */
  public static final StageBConfig PUBLISHED =
      new StageBConfig(
          4,
          64,
          2,
          1024,
          1024,
          16,
          3,
          List.of(
              new Level(320, -1, 4, "CT", false, 0.1),
              new Level(640, 10, 4, "CTA", true, 0.1),
              new Level(1280, 20, 14, "CTA", true, 0.1),
              new Level(1280, 20, 4, "CTA", true, 0.1)));

  public StageBConfig {
    levels = List.copyOf(levels);
    if (latentChannels < 1
        || levelWidth < 4
        || patchSize < 1
        || conditionWidth < 1
        || textWidth < 1
        || semanticChannels < 1
        || kernel < 1
        || kernel % 2 == 0
        || levels.isEmpty()) {
      throw new CurrywurstException(
          "Stage B needs at least one level and one channel of each kind, a noise level embedding of 4 and an odd kernel.");
    }
  }

  /** How often the finest level is halved, times the patch: sides must be divisible by this. */
  public int multiple() {
    return patchSize << (levels.size() - 1);
  }

  /**
   * Reads a published {@code config.json}.
   *
   * @throws CurrywurstException if it says something that this network cannot be
   */
  public static StageBConfig read(ConfigFile file) {
    List<Integer> widths = file.intList(List.of(320, 640, 1280, 1280), "c_hidden");
    int count = widths.size();
    List<Integer> heads = file.intList(List.of(-1, 10, 20, 20), "nhead");
    List<Integer> blocks = file.intList(List.of(4, 4, 14, 4), "blocks");
    List<String> patterns = file.stringList(List.of("CT", "CTA", "CTA", "CTA"), "level_config");
    List<Boolean> injects = file.booleanList(List.of(false, true, true, true), "inject_effnet");
    List<Double> dropouts =
        file.node("dropout").isArray()
            ? file.doubleList(List.of(), "dropout")
            : Collections.nCopies(count, file.doubleValue(0.1, "dropout"));
    for (List<?> list : List.of(heads, blocks, patterns, injects, dropouts)) {
      if (list.size() != count) {
        throw new CurrywurstException(
            "%s: c_hidden, nhead, blocks, level_config, inject_effnet and dropout must have the same length."
                .formatted(file.origin()));
      }
    }
    List<Level> levels = new ArrayList<>();
    for (int i = 0; i < count; i++) {
      levels.add(
          new Level(
              widths.get(i),
              heads.get(i),
              blocks.get(i),
              patterns.get(i),
              injects.get(i),
              dropouts.get(i)));
    }
    int channels = file.intValue(4, "c_in", "in_channels");
    if (file.intValue(channels, "c_out", "out_channels") != channels) {
      throw new CurrywurstException(
          file.origin() + ": c_in and c_out differ, so the noise could not be removed from x.");
    }
    StageBConfig config =
        new StageBConfig(
            channels,
            file.intValue(64, "c_r"),
            file.intValue(2, "patch_size"),
            file.intValue(1024, "c_cond"),
            file.intValue(1024, "clip_embd"),
            file.intValue(16, "effnet_embd"),
            file.intValue(3, "kernel_size"),
            levels);
    file.ignore("self_attn").requireAllKnown();
    return config;
  }

  /** In diffusers' names. */
  public ObjectNode toJson() {
    ObjectNode json =
        ConfigFile.newObject()
            .put("_class_name", "WuerstchenDiffNeXt")
            .put("c_in", latentChannels)
            .put("c_out", latentChannels)
            .put("c_r", levelWidth)
            .put("patch_size", patchSize)
            .put("c_cond", conditionWidth)
            .put("clip_embd", textWidth)
            .put("effnet_embd", semanticChannels)
            .put("kernel_size", kernel);
    ArrayNode widths = json.putArray("c_hidden");
    ArrayNode heads = json.putArray("nhead");
    ArrayNode blocks = json.putArray("blocks");
    ArrayNode patterns = json.putArray("level_config");
    ArrayNode injects = json.putArray("inject_effnet");
    ArrayNode dropouts = json.putArray("dropout");
    for (Level level : levels) {
      widths.add(level.width());
      heads.add(level.heads());
      blocks.add(level.repeats());
      patterns.add(level.pattern());
      injects.add(level.seesSemantics());
      dropouts.add(level.dropout());
    }
    return json;
  }
}

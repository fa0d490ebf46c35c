package dev.currywurst.weights;

import dev.currywurst.weights.RenamedWeights.Origin;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.function.BiConsumer;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * The checkpoints of Würstchen's authors under the names of diffusers, which the networks here use
 * (diffusers' {@code scripts/convert_wuerstchen.py}). Attention is where they differ: the authors
 * used PyTorch's {@code nn.MultiheadAttention}, which keeps the projections of queries, keys and
 * values in one matrix; here it is cut in three, without a copy.
 *
 * <p>Files that already have diffusers' names pass unchanged. To convert a file, write the result
 * with {@link SafetensorsWriter}.
 */
public final class OriginalCheckpoint {
  /** {@code in_proj_weight} [3c, c] and {@code in_proj_bias} [3c]. */
  private static final Pattern IN_PROJECTION =
      Pattern.compile("(.*attention)\\.attn\\.in_proj_(weight|bias)");

  private static final Pattern OUT_PROJECTION =
      Pattern.compile("(.*attention)\\.attn\\.out_proj\\.(weight|bias)");

  private static final String CODEBOOK = "vquantizer.codebook.weight";

  private OriginalCheckpoint() {}

  /** Stage A, the VQGAN: {@code vqgan_f4_v1_500k.pt}, under {@code state_dict}. */
  public static WeightFile stageA(WeightFile file) {
    return renamed(file, "state_dict");
  }

  /** Stage B, the decoder: {@code model_v2_stage_b.pt}, under {@code state_dict}. */
  public static WeightFile stageB(WeightFile file) {
    return renamed(file, "state_dict");
  }

  /** The image encoder, which ships with Stage B under {@code effnet_state_dict}. */
  public static WeightFile imageEncoder(WeightFile file) {
    return renamed(file, "effnet_state_dict");
  }

  /**
   * Stage C, the prior: {@code model_v2_stage_c*.pt}, under {@code ema_state_dict}, the running
   * mean of the weights that the authors sample with; a file without it is read from {@code
   * state_dict}.
   */
  public static WeightFile stageC(WeightFile file) {
    return renamed(file, "ema_state_dict", "state_dict");
  }

  /** The first of the sections that is there; a file with none of them is one state_dict. */
  private static WeightFile renamed(WeightFile file, String... sections) {
    WeightFile weights = file;
    for (String section : sections) {
      if (file.hasSection(section)) {
        weights = file.section(section);
        break;
      }
    }
    Map<String, Origin> origins = new LinkedHashMap<>();
    for (String name : weights.names()) {
      rename(
          name,
          (newName, origin) -> {
            if (origins.put(newName, origin) != null) {
              throw Refusal.of(
                  file.path(),
                  "it has "
                      + Printable.quoted(newName)
                      + " both under its original name and its name in diffusers");
            }
          });
    }
    return new RenamedWeights(weights, origins);
  }

  private static void rename(String name, BiConsumer<String, Origin> renamed) {
    Matcher in = IN_PROJECTION.matcher(name);
    Matcher out = OUT_PROJECTION.matcher(name);
    if (in.matches()) {
      String attention = in.group(1);
      String parameter = in.group(2);
      renamed.accept(attention + ".to_q." + parameter, new Origin(name, 0, 3));
      renamed.accept(attention + ".to_k." + parameter, new Origin(name, 1, 3));
      renamed.accept(attention + ".to_v." + parameter, new Origin(name, 2, 3));
    } else if (out.matches()) {
      renamed.accept(out.group(1) + ".to_out.0." + out.group(2), Origin.whole(name));
    } else if (name.equals(CODEBOOK)) {
      renamed.accept("vquantizer.embedding.weight", Origin.whole(name));
    } else {
      renamed.accept(name, Origin.whole(name));
    }
  }
}

package dev.currywurst.cli;

import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Stack;
import picocli.CommandLine.IParameterPreprocessor;
import picocli.CommandLine.Model.ArgSpec;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.ParameterException;

/**
 * Takes options as diffusers' scripts spell them, {@code --train_batch_size} for {@code
 * --train-batch-size}, and tells why those that have no meaning here have none.
 */
final class DiffusersSpelling implements IParameterPreprocessor {
  private static final Map<String, String> WITHOUT_MEANING = new LinkedHashMap<>();

  static {
    say("allow-tf32", "there is no TF32 on a processor");
    say("cache-dir", "set HF_HUB_CACHE in the environment to have downloads elsewhere");
    say("dataset-config-name", "give the folder of the configuration itself with --data");
    say("dataloader-num-workers", "batches are prepared on as many threads as processors");
    say("enable-xformers-memory-efficient-attention", "attention is memory-efficient already");
    say("hub-model-id", "upload the output's model folder with huggingface-cli");
    say("hub-token", "upload the output's model folder with huggingface-cli");
    say("push-to-hub", "upload the output's model folder with huggingface-cli");
    say("local-rank", "training runs on one machine, in one process");
    say("logging-dir", "what is logged lies in --output");
    say("report-to", "what is logged lies in --output");
    say("tracker-project-name", "what is logged lies in --output");
    say("non-ema-revision", "live and averaged weights both begin as those of --model");
    say("revision", "give the folder of that revision with --model");
    say("variant", "the weight file that fits is found by itself");
    say("offload-ema", "the average lies in the same memory as the weights");
    say("foreach-ema", "the average is one pass over all weights already");
    say("prediction-type", "Stage C predicts the noise and nothing else");
    say("lora-bias", "biases are not adapted");
  }

  private static void say(String option, String why) {
    WITHOUT_MEANING.put("--" + option, why);
  }

  @Override
  public boolean preprocess(
      Stack<String> arguments, CommandSpec command, ArgSpec argument, Map<String, Object> info) {
    // The stack's top is the next word.
    for (int i = 0; i < arguments.size(); i++) {
      String word = dashed(arguments.get(i));
      String why = WITHOUT_MEANING.get(name(word));
      if (why != null) {
        throw new ParameterException(
            command.commandLine(), "%s has no meaning here: %s.".formatted(name(word), why));
      }
      arguments.set(i, word);
    }
    RepeatedCommand.expand(arguments, command);
    return false;
  }

  static String dashed(String word) {
    String name = name(word);
    return name.startsWith("--") ? name.replace('_', '-') + word.substring(name.length()) : word;
  }

  static String name(String word) {
    int end = word.indexOf('=');
    return end < 0 ? word : word.substring(0, end);
  }

  /** Options of diffusers' scripts that are refused, with dashes. */
  static Iterable<String> refused() {
    return Collections.unmodifiableSet(WITHOUT_MEANING.keySet());
  }
}

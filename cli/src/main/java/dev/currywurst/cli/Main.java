package dev.currywurst.cli;

import dev.currywurst.tensor.CurrywurstException;
import picocli.CommandLine;
import picocli.CommandLine.Command;

/** The entry point. */
@Command(
    name = "currywurst",
    mixinStandardHelpOptions = true,
    description = "Pictures from prompts, and models from captioned pictures.",
    subcommands = {TrainCommand.class})
public final class Main {
  private Main() {}

  public static void main(String[] arguments) {
    CommandLine commandLine = new CommandLine(new Main());
    commandLine.setExecutionExceptionHandler(
        (error, command, parsed) -> {
          if (error instanceof CurrywurstException) {
            command.getErr().println(error.getMessage());
            return 1;
          }
          throw error;
        });
    System.exit(commandLine.execute(arguments));
  }
}

package dev.currywurst.nn;

import dev.currywurst.tensor.DType;
import dev.currywurst.tensor.Device;
import dev.currywurst.tensor.Grad;
import dev.currywurst.tensor.Scope;
import dev.currywurst.tensor.Tensor;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;
import java.util.function.Function;

/**
 * Gradient checkpointing (Chen et al. 2016): the blocks of a chain keep only their inputs, and what
 * lies between is computed again on the way back, block by block. Memory for activations shrinks to
 * that of one block, for a third more arithmetic. One for each forward pass.
 */
public final class Checkpointing implements AutoCloseable {
  /**
   * A block of the chain.
   *
   * @param inputs as they were given: the first one is what the block before made
   * @param rewind takes the dropout back to where it was before the block
   * @param output a leaf: the rest of the graph begins here
   */
  private record Block(
      List<Tensor> inputs, Function<List<Tensor>, Tensor> body, Runnable rewind, Tensor output) {}

  private final DType dtype;
  private final Deque<Block> blocks = new ArrayDeque<>();

  /**
   * A forward pass.
   *
   * @param dtype of products and convolutions, as it was given to {@link Grad#autocast}
   */
  public Checkpointing(DType dtype) {
    this.dtype = dtype;
  }

  /**
   * Runs a block without recording it.
   *
   * @param inputs all tensors that gradients shall reach; weights need not be among them
   * @param body the block, which computes the same whenever it is run
   * @param random that the block draws from
   */
  public Tensor run(List<Tensor> inputs, Function<List<Tensor>, Tensor> body, Dropout random) {
    long[] position = random.position();
    List<Tensor> kept = inputs.stream().map(input -> input.alias().own()).toList();
    Tensor output =
        Scope.tidy(() -> Grad.off(() -> body.apply(inputs).detach())).requiresGrad(true);
    blocks.push(new Block(kept, body, () -> random.moveTo(position), output.alias().own()));
    return output;
  }

  /** Computes gradients of a scalar that follows from the last block. */
  public void backward(Tensor loss) {
    try (Scope scope = Scope.open()) {
      loss.backward();
      List<Tensor> roots = new ArrayList<>();
      List<Tensor> gradients = new ArrayList<>();
      while (!blocks.isEmpty()) {
        Block block = blocks.pop();
        try (Scope inner = Scope.open()) {
          differentiate(block, inner, roots, gradients);
        }
        block.output().close();
      }
      Tensor.backward(roots, gradients);
      roots.forEach(Tensor::close);
    }
  }

  private void differentiate(Block block, Scope scope, List<Tensor> roots, List<Tensor> gradients) {
    Tensor gradient = block.output().grad();
    if (gradient == null) {
      throw new IllegalStateException("the loss does not follow from the last block");
    }
    List<Tensor> leaves = new ArrayList<>();
    for (Tensor input : block.inputs()) {
      leaves.add(input.detach().requiresGrad(input.requiresGrad()));
    }
    block.rewind().run();
    Tensor again = Grad.autocast(Device.CPU, dtype, () -> block.body().apply(leaves));
    if (again.requiresGrad()) {
      again.backward(gradient);
    }
    Tensor before = blocks.isEmpty() ? null : blocks.peek().output();
    for (int i = 0; i < leaves.size(); i++) {
      Tensor input = block.inputs().get(i);
      Tensor slope = leaves.get(i).grad();
      if (slope == null) {
        input.close();
      } else if (i == 0 && before != null) {
        before.startGrad(slope);
        input.close();
      } else {
        roots.add(input);
        gradients.add(scope.keep(slope));
      }
    }
  }

  /** Lets go of what a pass without {@link #backward} has kept. */
  @Override
  public void close() {
    for (Block block : blocks) {
      block.inputs().forEach(Tensor::close);
      block.output().close();
    }
    blocks.clear();
  }
}

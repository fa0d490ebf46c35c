/**
 * Tensors on libtorch, owned explicitly.
 *
 * <p>In come Java arrays, memory-mapped bytes and seeds; out come {@link
 * dev.currywurst.tensor.Tensor}s whose native memory belongs to the {@link
 * dev.currywurst.tensor.Scope} they were made in. {@link dev.currywurst.tensor.Engine} prepares the
 * native library before its first use. Together with {@code dev.currywurst.nn} this is the only
 * package that touches the raw bindings. Read {@code Scope} first, then {@code Tensor}.
 */
@NullMarked
package dev.currywurst.tensor;

import org.jspecify.annotations.NullMarked;

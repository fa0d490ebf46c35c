/**
 * Timings beside diffusers, in one command.
 *
 * <p>In come random weights of the published size, which {@code python/weights.py} makes once; out
 * comes a table of seconds, ratios and memory. {@link dev.currywurst.bench.Bench} asks two child
 * processes in turn to run the same thing: {@link dev.currywurst.bench.JavaSide} and {@code
 * python/reference.py}. Read {@code Bench} first.
 */
@NullMarked
package dev.currywurst.bench;

import org.jspecify.annotations.NullMarked;

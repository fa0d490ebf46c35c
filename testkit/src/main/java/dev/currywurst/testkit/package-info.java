/** Small models in the published layout and the numbers that diffusers computes with them. */
@NullMarked
package dev.currywurst.testkit;

import org.jspecify.annotations.NullMarked;

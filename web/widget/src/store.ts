/** Holds the model, and tells whoever listens that it changed. */
import type { Action } from "./model/actions.ts";
import type { Model } from "./model/model.ts";
import { reduce } from "./model/reduce.ts";

export class Store {
  private readonly listeners = new Set<(model: Model, before: Model) => void>();

  constructor(private current: Model) {}

  get model(): Model {
    return this.current;
  }

  readonly dispatch = (action: Action): void => {
    const before = this.current;
    this.current = reduce(before, action);
    if (this.current !== before) this.listeners.forEach((listener) => listener(this.current, before));
  };

  /** Listens until the answer is called. */
  listen(listener: (model: Model, before: Model) => void): () => void {
    this.listeners.add(listener);
    return () => this.listeners.delete(listener);
  }
}

using System.Collections.Immutable;
using Orrery.Catalog;

namespace Orrery.Validation.Collectives;

/// <summary>What was found for one scope of a machine of one's own.</summary>
/// <param name="Fitted">Rows fitted.</param>
/// <param name="Held">Rows held back.</param>
/// <param name="ErrorBefore">Median error of the catalogue's machine on all rows, as a fraction.</param>
/// <param name="ErrorAfter">The same with the factors.</param>
/// <param name="ErrorHeld">The same on the rows held back.</param>
/// <param name="Operations">What was measured, such as <c>AllReduce on 8 ranks</c>.</param>
public sealed record OwnScope(
    ScopeOverlay Overlay, int Fitted, int Held, double ErrorBefore, double ErrorAfter, double ErrorHeld, ImmutableArray<string> Operations);

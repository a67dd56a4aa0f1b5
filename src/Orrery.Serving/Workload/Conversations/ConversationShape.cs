namespace Orrery.Serving;

/// <summary>What made-up conversations are like.</summary>
/// <param name="Turns">Turns of each.</param>
/// <param name="Think">Pauses between an answer and the next prompt.</param>
/// <param name="SharedTokens">Tokens that all prompts begin with, such as an instruction.</param>
public sealed record ConversationShape(TurnCount Turns, ThinkTime Think, int SharedTokens);

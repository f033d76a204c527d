/** A query option that the service would refuse with 400; the message says what was found. */
export class ODataProblem extends Error {
  constructor(message: string) {
    super(message)
    this.name = 'ODataProblem'
  }
}

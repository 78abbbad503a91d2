// How each field is read, by hand and one row at a time: slow, obvious, and independent of the compiler of reads.
//
// A row is an object of columns as the database holds them, with its GraphQL type as `$type`. A resolver is
// `(row, args, store) => value`. A field that is missing here is not compared.

import { connection } from './connection.mjs';

const column = (name) => (row) => row[name];
const instant = (name) => (row) => (row[name] == null ? null : { $instant: row[name] });
const one = (table, name) => (row, _args, store) => store.get(table, row[name]);
const many = (table, name, order = 'id') => (row, _args, store) =>
  store.sorted(table, order).filter((child) => child[name] === row.id);
const pages = (table, name, filter) => (row, args, store, field) =>
  connection(many(table, name)(row, args, store), args, store, field, filter);
const allPages = (table, filter) => (_root, args, store, field) =>
  connection(store.sorted(table), args, store, field, filter);
const byColumn = (table, name, argument) => (_root, args, store) =>
  store.rows(table).find((row) => row[name] === args[argument]) ?? null;

/** Bit n of the mask is the enum's n-th value. A mask can pass 32 bits, where `&` would cut it. */
const set = (type, name) => (row, _args, store) =>
  row[name] == null ? null : store.enumValues(type).filter((_, bit) => Math.floor(row[name] / 2 ** bit) % 2 === 1);

/** What a join table names, in its own order. */
const joined = (table, from, to, target, which = () => true) => (row, _args, store) =>
  store.sorted(table, 'position').filter((link) => link[from] === row.id && which(link))
    .map((link) => store.get(target, link[to]));

const funding = (table, name) => (row, _args, store) =>
  many(table, name)(row, {}, store).map((share) => ({
    source: share.source,
    lineCode: store.get('funding_line', share.line_id)?.code ?? null,
    amount: share.amount,
  }));

const inForce = (from, to, day) => (from == null || from <= day) && (to == null || day <= to);

function povertyClass(household, _args, store) {
  const next = household.next_class_on;
  return next != null && next <= store.today ? household.next_class : household.poverty_class;
}

function insurance(person, { on, kinds }, store) {
  return many('insurance_coverage', 'person_id', 'valid_from')(person, {}, store)
    .filter((coverage) => on == null || inForce(coverage.valid_from, coverage.valid_to, on))
    .filter((coverage) => kinds == null || kinds.includes(coverage.kind));
}

/** Rows with a commune and a district; a hamlet is known to its household only. */
function within(row, unit, store) {
  if (unit == null) return true;
  const named = store.unit(unit);
  if (named == null) return false;
  const hamlet = (row.household_id == null ? row : store.get('household', row.household_id))?.hamlet_id;
  return named.level === 'PROVINCE' || [row.commune_id, row.district_id, hamlet].includes(named.id);
}

const given = (value, test) => value == null || test(value);

const personFilter = (row, filter, store) => within(row, filter.unit, store);

const householdCategories = set('HouseholdCategory', 'categories');

const householdFilter = (row, filter, store) =>
  within(row, filter.unit, store) &&
  given(filter.povertyClasses, (classes) => classes.includes(povertyClass(row, {}, store))) &&
  given(filter.categories, (some) => householdCategories(row, {}, store).some((category) => some.includes(category)));

const benefitFilter = (row, filter, store) =>
  within(row, filter.unit, store) &&
  given(filter.programCode, (code) => store.get('program', row.program_id).code === code) &&
  given(filter.statuses, (statuses) => statuses.includes(row.status));

const loanFilter = (row, filter, store) =>
  within(row, filter.unit, store) &&
  given(filter.productCode, (code) => row.product_code === code) &&
  given(filter.statuses, (statuses) => statuses.includes(row.status)) &&
  given(filter.contractNumbers, (numbers) => numbers.includes(row.contract_number)) &&
  given(filter.disbursedFrom, (day) => row.disbursed_on != null && row.disbursed_on >= day) &&
  given(filter.disbursedTo, (day) => row.disbursed_on != null && row.disbursed_on <= day);

const modelProjectFilter = (row, filter, store) =>
  given(filter.track, (track) => row.track === track) &&
  given(filter.statuses, (statuses) => statuses.includes(row.status));

const version = column('version');
const code = column('code');
const name = column('name');
const status = column('status');
const amount = column('amount');
const program = one('program', 'program_id');
const household = one('household', 'household_id');

/** The table of each type that has a global id. */
export const tables = {
  AdminUnit: 'admin_unit', Agency: 'agency', Household: 'household', Person: 'person',
  InsuranceCoverage: 'insurance_coverage', PovertyReview: 'poverty_review', PovertyStandard: 'poverty_standard',
  Program: 'program', Benefit: 'benefit', BenefitPayment: 'benefit_payment',
  LoanProduct: 'loan_product', Loan: 'loan', LoanTransaction: 'loan_transaction', ModelProject: 'model_project',
  ModelParticipation: 'model_participation',
};

export const resolvers = {
  Query: {
    node: (_root, { id }, store) => store.node(id),
    // An item that is an error leaves the others alone.
    nodes: (_root, { ids }, store) => ids.map((id) => {
      try { return store.node(id); } catch (refusal) { return refusal; }
    }),
    agencies: (_root, _args, store) => store.sorted('agency'),
    adminUnits: (_root, { level }, store) => store.sorted('admin_unit', 'code')
      .filter((unit) => (level == null || unit.level === level) && inForce(unit.valid_from, unit.valid_to, store.unitsDay)),
    loanProducts: (_root, _args, store) => store.sorted('loan_product', 'code')
      .filter((product) => inForce(product.effective_from, product.effective_to, store.today)),
    programs: (_root, _args, store) => store.sorted('program', 'position'),
    household: byColumn('household', 'code', 'code'),
    households: allPages('household', householdFilter),
    persons: allPages('person', personFilter),
    program: byColumn('program', 'code', 'code'),
    benefits: allPages('benefit', benefitFilter),
    loan: byColumn('loan', 'contract_number', 'contractNumber'),
    loans: allPages('loan', loanFilter),
    modelProject: byColumn('model_project', 'code', 'code'),
    modelProjects: allPages('model_project', modelProjectFilter),
    povertyStandards: (_root, _args, store) => store.sorted('poverty_standard', 'effective_from'),
  },
  AdminUnit: {
    code, name, level: column('level'), areaKind: column('area_kind'), parent: one('admin_unit', 'parent_id'),
    validFrom: column('valid_from'), validTo: column('valid_to'),
    successors: joined('admin_unit_successor', 'unit_id', 'successor_id', 'admin_unit'),
  },
  Agency: {
    code, name, nameEn: column('name_en'), nameBasis: column('name_basis'), validTo: column('valid_to'),
    successors: joined('agency_successor', 'agency_id', 'successor_id', 'agency'),
  },
  Household: {
    code, version, povertyClass, address: column('address'), commune: one('admin_unit', 'commune_id'),
    hamlet: one('admin_unit', 'hamlet_id'), areaKind: column('area_kind'),
    categories: householdCategories,
    head: (row, _args, store) => many('person', 'household_id')(row, {}, store)
      .find((person) => person.relationship === 'HEAD') ?? null,
    members: many('person', 'household_id'), reviews: many('poverty_review', 'household_id', 'reviewed_on'),
    benefits: pages('benefit', 'household_id', benefitFilter), loans: pages('loan', 'household_id', loanFilter),
    participations: many('model_participation', 'household_id'), dissolvedOn: column('dissolved_on'),
    updatedAt: instant('updated_at'), updatedBy: one('agency', 'updated_by'),
  },
  Person: {
    version, insurance, household, fullName: column('full_name'), nationalId: column('national_id'),
    dateOfBirth: column('date_of_birth'), sex: column('sex'), relationshipToHead: column('relationship'),
    categories: set('PersonCategory', 'categories'),
    protectedCategories: set('ProtectedCategory', 'protected_categories'), diedOn: column('died_on'),
  },
  InsuranceCoverage: {
    version, kind: column('kind'), number: column('number'), participantGroup: column('participant_group'),
    validFrom: column('valid_from'), validTo: column('valid_to'),
  },
  PovertyReview: {
    version, standard: one('poverty_standard', 'standard_id'), reviewedOn: column('reviewed_on'),
    scoreA: column('score_a'), scoreB: column('score_b'), formVersion: column('form_version'),
    incomePerCapita: column('income_per_capita'), deprivations: set('Deprivation', 'deprivations'),
    computedClass: column('computed_class'), decidedClass: column('decided_class'),
    decisionNumber: column('decision_number'), effectiveFrom: column('effective_from'),
    effectiveTo: column('effective_to'),
  },
  PovertyStandard: {
    code, decree: column('decree'), ruralLine: column('rural_line'), urbanLine: column('urban_line'),
    deprivationsForPoor: column('deprivations_for_poor'), effectiveFrom: column('effective_from'),
    effectiveTo: column('effective_to'),
  },
  Program: {
    code, name, nameEn: column('name_en'), unit: column('unit'), purpose: column('purpose'),
    plannedQuantity: column('planned_quantity'), plannedAmount: column('planned_amount'),
    fundingLines: many('funding_line', 'program_id', 'position'), leadBasis: column('lead_basis'),
    leadAgencies: joined('program_agency', 'program_id', 'agency_id', 'agency', (link) => link.part === 'LEAD'),
    coordinatingAgencies: joined('program_agency', 'program_id', 'agency_id', 'agency', (link) => link.part !== 'LEAD'),
  },
  FundingLine: {
    code, amount, source: column('source'), quantity: column('quantity'), unitCost: column('unit_cost'),
    computed: column('computed'), allocated: column('allocated'), note: column('note'),
  },
  Benefit: {
    version, program, household, status, amount, person: one('person', 'person_id'),
    recurrence: column('recurrence'), startsOn: column('starts_on'), endsOn: column('ends_on'),
    funding: funding('benefit_funding', 'benefit_id'), decidedOn: column('decided_on'),
    paidAmount: column('paid_amount'), payments: pages('benefit_payment', 'benefit_id'),
    history: (row, _args, store) => many('benefit_transition', 'benefit_id')(row, {}, store).map((step) => ({
      from: step.from_status, to: step.to_status, at: instant('at')(step), note: step.note,
      by: store.get('agency', step.agency_id),
    })),
  },
  BenefitPayment: {
    amount, source: column('source'), paidOn: column('paid_on'), reference: column('reference'),
    by: one('agency', 'agency_id'),
  },
  LoanProduct: {
    code, name, maxAmount: column('max_amount'), maxTermMonths: column('max_term_months'),
    annualRate: column('annual_rate'), eligibleClasses: set('PovertyClass', 'eligible_classes'),
    eligibleCategories: set('PersonCategory', 'eligible_categories'), purpose: column('purpose'),
    basis: column('basis'), source: column('source'), effectiveFrom: column('effective_from'),
    effectiveTo: column('effective_to'),
  },
  Loan: {
    version, program, household, status, contractNumber: column('contract_number'),
    product: one('loan_product', 'product_id'), borrower: one('person', 'borrower_id'),
    principal: column('principal'), termMonths: column('term_months'), approvedOn: column('approved_on'),
    disbursedOn: column('disbursed_on'), maturesOn: column('matures_on'),
    outstandingPrincipal: column('outstanding_principal'), overduePrincipal: column('overdue_principal'),
    funding: funding('loan_funding', 'loan_id'), transactions: pages('loan_transaction', 'loan_id'),
  },
  LoanTransaction: {
    amount, kind: column('kind'), occurredOn: column('occurred_on'), reference: column('reference'),
    balanceAfter: column('balance_after'), reverses: one('loan_transaction', 'reverses_id'),
  },
  ModelProject: {
    version, code, name, status, program, track: column('track'), level: column('level'),
    site: one('admin_unit', 'site_id'), startsOn: column('starts_on'), endsOn: column('ends_on'),
    funding: funding('model_funding', 'project_id'), participants: pages('model_participation', 'project_id'),
  },
  ModelParticipation: {
    version, household, project: one('model_project', 'project_id'), supportAmount: column('support_amount'),
    funding: funding('participation_funding', 'participation_id'), recoveredAmount: column('recovered_amount'),
    outcome: column('outcome'),
  },
};
for (const type of Object.keys(tables)) {
  resolvers[type].id = (row) => Buffer.from(`${type}:${row.id}`).toString('base64url');
}
